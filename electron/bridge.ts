/** What the desktop app gives the renderer beside the engine: only what only a desktop can do. Never engine calls. */
export interface DesktopBridge {
  readonly platform: string;
  /** Address and token of the control plane, again whenever the engine was restarted; null while there is none. */
  onEngine(listener: (engine: DesktopEngine) => void): () => void;
  /** Native dialogs; null when cancelled. */
  pickModelFile(): Promise<string | null>;
  pickModelFolder(): Promise<string | null>;
  /** Path of a file dropped on the window. */
  pathOfFile(file: unknown): string;
  reveal(path: string): Promise<void>;
  openExternal(url: string): Promise<void>;
  /** Menu and shortcuts ask the page to do something. */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
  /** The page tells the shell what to show in the tray and whether quitting would interrupt traffic. */
  reportServing(status: { readonly requestsPerSecond: number; readonly modelsReady: number }): void;
  restartEngine(): Promise<void>;
}

export type DesktopEngine =
  | { readonly state: 'starting'; readonly attempt: number }
  | { readonly state: 'running'; readonly controlUrl: string; readonly token: string }
  /** `retryInMs` null: given up, the operator must restart it. `kind` tells a crash from an exit. */
  | {
      readonly state: 'down';
      readonly kind: 'crash' | 'exit';
      readonly message: string;
      readonly retryInMs: number | null;
    };

export type DesktopCommand =
  | { readonly kind: 'open-model'; readonly path: string }
  | { readonly kind: 'navigate'; readonly screen: 'overview' | 'models' | 'load-test' | 'logs' | 'settings' }
  | { readonly kind: 'show-me' }
  | { readonly kind: 'shortcuts' };
