import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JsonTarget } from './frameworks';
import { PeerMissing } from './python-tools';

export interface WrkMeasured {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const UNIT_US: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000 };

/**
 * Posts one body again and again over 32 connections, by wrk. `folder` takes its script.
 * Errors: PeerMissing without wrk; an Error when an answer was not a success.
 */
export async function wrk(
  { url, body }: Pick<JsonTarget, 'url' | 'body'>,
  seconds: number,
  folder: string,
): Promise<WrkMeasured> {
  const script = join(folder, 'post.lua');
  writeFileSync(
    script,
    `wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [=[${body}]=]\n`,
  );
  const args = ['-t1', '-c32', `-d${seconds}s`, '--latency', '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', args).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new PeerMissing('wrk is not installed (Debian has it as "wrk")');
    throw error;
  });
  const refused = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (refused !== undefined) throw new Error(`${url}: ${refused}`);
  return {
    perSecond: Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1]),
    p50Us: microseconds(stdout, '50%'),
    p99Us: microseconds(stdout, '99%'),
  };
}

function microseconds(text: string, line: string): number {
  const [, number = '', unit = ''] = new RegExp(`${line} +([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Math.round(Number(number) * (UNIT_US[unit] ?? Number.NaN));
}
