import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { defaultDataPath, desktopDataPath, type RunFile, readRunFile } from '../config';
import { usageError } from './cli-error';
import { quoted } from './command-values';

/** Where a control plane is and what it asks for. The token is never shown. */
export interface ControlAddress {
  readonly url: string;
  readonly token: string;
}

export interface EngineAddress {
  /** Origin of the inference door, "http://127.0.0.1:8000". */
  readonly url: string;
  /** Null: not known, as with an engine of another user or another server of the protocol. */
  readonly control: ControlAddress | null;
  /** Of an engine of this user; null: not known. */
  readonly repositoryPath: string | null;
  /** Said to whoever watches when the choice was not the only one. */
  readonly note: string | null;
}

export interface EngineSearch {
  readonly url: string | null;
  readonly dataDir: string | null;
  readonly controlUrl: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8000';

/**
 * The engine that is meant: the one at the given address; else the one whose run file lies in the data folder (a given one,
 * or those of the headless engine and of the desktop app); else the default address. Asks no engine.
 *
 * Errors: a usage error for an address that is none.
 */
export async function findEngine(search: EngineSearch): Promise<EngineAddress> {
  const running = await runningEngines(search);
  const url = search.url ?? (search.env.FERRY_URL || null);
  const asked = url === null ? null : parseUrl(url, '--url');
  const found = asked === null ? running[0] : running.find((file) => sameDoor(file.doors.http, asked));
  const address = asked ?? reachable(found?.doors.http) ?? DEFAULT_URL;
  const note =
    asked === null && running.length > 1
      ? `${running.length} engines are running; this is the one at ${address}. Name another with --url`
      : null;
  const repositoryPath = found?.repositoryPath ?? null;
  return { url: address, control: controlOf(search, found), repositoryPath, note };
}

function controlOf({ controlUrl, env }: EngineSearch, file: RunFile | undefined): ControlAddress | null {
  const given = controlUrl ?? (env.FERRY_CONTROL_URL || null);
  if (given !== null) {
    const token = env.FERRY_CONTROL_TOKEN;
    if (!token) throw usageError('--control-url: its token is expected in the variable FERRY_CONTROL_TOKEN');
    return { url: parseUrl(given, '--control-url'), token };
  }
  const url = reachable(file?.doors.control);
  return file === undefined || url === null ? null : { url, token: file.controlToken };
}

/** Of the engines that left a run file, those whose process is there; started last, first. */
async function runningEngines({ dataDir, env, cwd }: EngineSearch): Promise<readonly RunFile[]> {
  const given = dataDir ?? (env.FERRY_DATA_DIR || null);
  const folders =
    given === null
      ? [defaultDataPath, desktopDataPath].map((pathOf) => pathOf(process.platform, env, homedir()))
      : [resolve(cwd, given)];
  const files = await Promise.all(folders.map((folder) => readRunFile(folder)));
  return files
    .filter((file) => file !== null)
    .filter(({ pid }) => isRunning(pid))
    .sort((a, b) => b.startedAtMs - a.startedAtMs);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** An origin; "host:port" alone is taken for one. */
function parseUrl(text: string, option: string): string {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw usageError(`${option}: ${quoted(text)} is not an address such as ${DEFAULT_URL}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw usageError(`${option}: ${quoted(text)} has more than host and port; write ${url.origin}`);
  return url.origin;
}

/** A door that listens on every address is reached on loopback. */
function reachable(url: string | undefined): string | null {
  if (url === undefined) return null;
  const { hostname, port } = new URL(url);
  const host = hostname === '0.0.0.0' ? '127.0.0.1' : hostname === '[::]' ? '[::1]' : hostname;
  return `http://${host}:${port}`;
}

function sameDoor(door: string | undefined, asked: string): boolean {
  const url = reachable(door);
  if (url === null) return false;
  const [a, b] = [new URL(url), new URL(asked)];
  const nameOf = ({ hostname }: URL): string => (LOOPBACK.has(hostname) ? 'loopback' : hostname);
  return nameOf(a) === nameOf(b) && a.port === b.port;
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
