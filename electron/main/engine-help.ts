import { app } from 'electron';
import type { StartOrder } from '../utility/engine-messages';
import type { EngineChild } from './engine-process';

export const asksForHelp = (engineArgs: readonly string[]): boolean =>
  engineArgs.some((word) => word === '--help' || word === '-h');

/** Prints the engine's own list of options, which are the app's as well, and ends. */
export function printEngineHelp(child: EngineChild, startOrder: StartOrder): void {
  child.onOutput((text) => process.stdout.write(text));
  child.onExit((code) => app.exit(code));
  child.postMessage(startOrder);
}
