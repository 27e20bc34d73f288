import { app, BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, nativeTheme } from 'electron';
import type { DesktopCommand, DesktopEngine } from '../bridge';
import type { ShellNotices } from '../channels';
import { PAGE_ORIGIN } from './console-files';
import { iconFile, preloadFile } from './paths';
import { WaitingCommands } from './waiting-commands';
import { isOfOrigin } from './web-address';
import { MIN_SIZE } from './window-bounds';
import type { windowStateKeeper } from './window-state';
import { yieldToEngine } from './yield-to-engine';

/** A page that fails again this soon after being loaded anew is left as it is. */
const RELOAD_PAUSE_MS = 10_000;

/** The development server's address, which electron-vite gives; a packaged app does not listen to it. */
const devServer = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL;
const pageOrigin = devServer ? new URL(devServer).origin : PAGE_ORIGIN;

export const isOurPage = (url: string): boolean => isOfOrigin(url, pageOrigin);

export interface ConsoleWindowOptions {
  readonly state: ReturnType<typeof windowStateKeeper>;
  readonly onCreated: (window: BrowserWindow) => void;
}

/** The one window. It may be closed and opened again (macOS); what it is told goes nowhere meanwhile, commands wait. */
export class ConsoleWindow {
  readonly #options: ConsoleWindowOptions;
  #window: BrowserWindow | null = null;
  readonly #commands = new WaitingCommands((command) => this.#tell('shell:command', command));

  constructor(options: ConsoleWindowOptions) {
    this.#options = options;
  }

  get window(): BrowserWindow | null {
    return this.#window;
  }

  /** Brings it to the front, opening it if need be. */
  show(): void {
    const window = this.#window ?? this.#create();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** Opens it; it appears once its first frame is painted. */
  open(): void {
    this.#window ??= this.#create();
  }

  tellEngine(engine: DesktopEngine): void {
    this.#tell('shell:engine', engine);
  }

  give(command: DesktopCommand): void {
    this.#commands.give(command);
  }

  /** The page listens to commands now. */
  takeCommands(): void {
    this.#commands.open();
  }

  /** Whether a message comes from the main frame of this window, showing our page. */
  isSender(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
    const frame = event.senderFrame;
    const mainFrame = this.#window?.webContents.mainFrame;
    if (!frame || !mainFrame) return false;
    // Electron may hand out another object for the same frame.
    const isMain = frame.processId === mainFrame.processId && frame.routingId === mainFrame.routingId;
    return isMain && isOurPage(frame.url);
  }

  #tell<C extends keyof ShellNotices>(channel: C, ...args: ShellNotices[C]): void {
    if (this.#window && !this.#window.isDestroyed()) this.#window.webContents.send(channel, ...args);
  }

  #create(): BrowserWindow {
    const { bounds, isMaximized } = this.#options.state.restore();
    const window = new BrowserWindow({
      ...bounds,
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      show: false,
      title: 'Ferry',
      icon: iconFile('icon.png'),
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#0b0e14' : '#f5f7fa',
      webPreferences: {
        preload: preloadFile,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
      },
    });
    this.#window = window;
    if (isMaximized) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.once('closed', () => {
      this.#window = null;
      this.#commands.close();
    });
    window.webContents.on('did-start-loading', () => this.#commands.close());
    yieldToEngine(window.webContents);
    this.#options.state.keep(window);
    reloadWhenLost(window);
    this.#options.onCreated(window);
    void window.loadURL(devServer ?? `${PAGE_ORIGIN}/`).catch(() => undefined);
    return window;
  }
}

/** The page's process may die as any other; the engine serves on, so the page only has to be loaded anew. */
function reloadWhenLost(window: BrowserWindow): void {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit' || performance.now() - lastAtMs < RELOAD_PAUSE_MS) return;
    lastAtMs = performance.now();
    window.webContents.reload();
  });
}
