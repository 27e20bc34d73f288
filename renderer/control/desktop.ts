import type { DesktopBridge } from '../../electron/bridge';

declare global {
  interface Window {
    /** Set by the desktop app's preload; absent in a browser. */
    readonly desktop?: DesktopBridge;
  }
}

/** What the desktop app offers beside the engine; undefined in a browser. */
export function desktop(): DesktopBridge | undefined {
  return window.desktop;
}
