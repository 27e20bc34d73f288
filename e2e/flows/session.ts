import type { Page } from '@playwright/test';

/** The console as a journey meets it: the desktop app, or a browser on a headless engine. */
export interface Session {
  readonly page: Page;
  /** "http://127.0.0.1:8000". */
  readonly inferenceUrl: string;
  /** Gives a file to the open "Load model" dialog as its user would. */
  chooseFile(path: string): Promise<void>;
  /** Ends the engine as a crash would. */
  killEngine(): Promise<void>;
  /** Brings the engine back where nothing does that by itself. Its inference address may be another afterwards. */
  revive(): Promise<{ readonly inferenceUrl: string }>;
  /** How the page says that the engine is gone. */
  readonly goneWords: RegExp;
}

/** Models are loaded one after the other at the start, and a test machine may be busy with something else. */
export const SLOW = { timeout: 60_000 } as const;
