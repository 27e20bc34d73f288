import { resolve } from 'node:path';

/** What a start of the app was asked for. */
export interface CommandLine {
  /** The engine's options, in the order typed. */
  readonly engineArgs: readonly string[];
  /** `.onnx` files to open, as typed (perhaps relative to the caller's folder). */
  readonly modelFiles: readonly string[];
}

/** Switches that are Chromium's, Electron's or the shell's. The engine would refuse them as unknown. */
const NOT_THE_ENGINES = new Set([
  'user-data-dir',
  'no-sandbox',
  'no-zygote',
  'in-process-gpu',
  'single-process',
  'lang',
  'inspect',
  'inspect-brk',
  'js-flags',
  'v',
  'vmodule',
  'log-file',
  'log-net-log',
  'gtk-version',
  'password-store',
  'hidden',
  'squirrel-firstrun',
]);
const CHROMIUM_FAMILIES =
  /^(disable|enable|force|ignore|ozone|remote-debugging|use|gpu|proxy|host|original-process)-/;

/**
 * Splits what follows the executable (and, in development, the app's folder).
 *
 * A Chromium switch carries its value after "=", never in the next word. What nobody knows goes to the engine, whose
 * error names it: a misspelt option is never dropped.
 * @param words process.argv without executable and app folder
 */
export function readCommandLine(words: readonly string[]): CommandLine {
  const engineArgs: string[] = [];
  const modelFiles: string[] = [];
  for (const word of words) {
    if (isForOthers(word)) continue;
    if (isModelFile(word) && !word.startsWith('-')) modelFiles.push(word);
    else engineArgs.push(word);
  }
  return { engineArgs, modelFiles };
}

/** By its name; whether it is a model is for the engine to find out. */
export function isModelFile(path: string): boolean {
  return /\.onnx$/i.test(path);
}

/** Where a start of the app happened. */
export interface Launch {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Absolute folder of the app. */
  readonly appPath: string;
  /** A packaged app has no folder argument. */
  readonly isPackaged: boolean;
}

/** The words after the executable and, in development, the app's folder: what stands before that is Electron's own. */
export function ownWords({ argv, cwd, appPath, isPackaged }: Launch): readonly string[] {
  const words = argv.slice(1);
  if (isPackaged) return words;
  const folder = words.findIndex((word) => !word.startsWith('-') && resolve(cwd, word) === resolve(appPath));
  return words.slice(folder + 1);
}

function isForOthers(word: string): boolean {
  if (word.startsWith('-psn_')) return true;
  if (!word.startsWith('--')) return false;
  const name = word.slice(2).split('=')[0] ?? '';
  return NOT_THE_ENGINES.has(name) || CHROMIUM_FAMILIES.test(name);
}
