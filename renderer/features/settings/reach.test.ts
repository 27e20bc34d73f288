import { describe, expect, it } from 'vitest';
import type { EngineStatus } from '../../../engine/contract';
import { isLoopback, reachSentence } from './reach';

const status = (host: string, exposed: boolean) =>
  ({
    http: { host, port: 8000, url: `http://${host}:8000` },
    control: { host: '127.0.0.1', port: 8003, url: 'http://127.0.0.1:8003' },
    exposed,
  }) as EngineStatus;

describe('who can reach the engine', () => {
  it('is this machine only on loopback, v4 and v6', () => {
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', '::1']) expect(isLoopback(host)).toBe(true);
    expect(reachSentence(status('127.0.0.1', false))).toMatch(/^Only programs on this machine/);
  });

  it('is every network for a wildcard address', () => {
    expect(isLoopback('0.0.0.0')).toBe(false);
    expect(reachSentence(status('0.0.0.0', true))).toContain('every network');
  });

  it('names the address when it is one', () => {
    expect(reachSentence(status('192.168.1.20', true))).toContain('192.168.1.20');
  });

  it('does not take a name that begins like loopback for loopback', () => {
    expect(isLoopback('localhost.example.org')).toBe(false);
  });
});
