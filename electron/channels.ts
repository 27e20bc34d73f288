import type { DesktopCommand, DesktopEngine } from './bridge';

/**
 * Every channel between page and shell, once: name, arguments and answer. Main and preload both read this map, so
 * neither can drift from the other. Only what a desktop alone can do; the engine is not called over these.
 */
export interface ShellCalls {
  'shell:pick-model-file': { args: []; result: string | null };
  'shell:pick-model-folder': { args: []; result: string | null };
  'shell:reveal': { args: [path: string]; result: undefined };
  'shell:open-external': { args: [url: string]; result: undefined };
  'shell:restart-engine': { args: []; result: undefined };
}

/** From the page to the shell, without an answer. */
export interface PageNotices {
  /** The page listens to engine states now: tell it the present one. */
  'page:wants-engine': [];
  /** The page listens to commands now: those that waited may come. */
  'page:takes-commands': [];
  'page:serving': [status: ServingStatus];
}

/** From the shell to the page. */
export interface ShellNotices {
  'shell:engine': [engine: DesktopEngine];
  'shell:command': [command: DesktopCommand];
}

/** What the page last told of the traffic. */
export interface ServingStatus {
  readonly requestsPerSecond: number;
  readonly modelsReady: number;
}
