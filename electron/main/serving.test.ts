import { describe, expect, it } from 'vitest';
import { needsQuitQuestion } from './quit-decision';
import { formatRate, Serving, statusLine } from './serving';

const running = { state: 'running', controlUrl: 'http://127.0.0.1:1', token: 't' } as const;

function setUp() {
  const texts: string[] = [];
  const time = { nowMs: 0 };
  return {
    texts,
    time,
    serving: new Serving(
      () => time.nowMs,
      (text) => texts.push(text),
    ),
  };
}

describe('Serving', () => {
  it('tells the tray only what reads differently', () => {
    const { serving, texts } = setUp();
    serving.setEngine(running);
    serving.setStatus({ modelsReady: 1, requestsPerSecond: 0 });
    serving.setStatus({ modelsReady: 1, requestsPerSecond: 0.01 });
    serving.setStatus({ modelsReady: 2, requestsPerSecond: 1234.4 });
    expect(texts).toEqual([
      'Engine running',
      '1 model ready, 0 req/s',
      '1 model ready, 0.0 req/s',
      '2 models ready, 1,234 req/s',
    ]);
  });

  it('knows of no traffic when the engine is down or the page fell silent', () => {
    const { serving, time } = setUp();
    serving.setEngine(running);
    serving.setStatus({ modelsReady: 1, requestsPerSecond: 50 });
    expect(serving.requestsPerSecond).toBe(50);
    time.nowMs = 10_000;
    expect(serving.requestsPerSecond).toBe(0);
    serving.setStatus({ modelsReady: 1, requestsPerSecond: 50 });
    serving.setEngine({ state: 'down', kind: 'crash', message: 'm', retryInMs: 500 });
    expect(serving.requestsPerSecond).toBe(0);
  });
});

describe('statusLine', () => {
  it('says whether a dead engine comes back by itself', () => {
    const down = { state: 'down', kind: 'crash', message: 'm' } as const;
    expect(statusLine({ ...down, retryInMs: 500 }, null)).toBe('Engine down, restarting');
    expect(statusLine({ ...down, retryInMs: null }, null)).toBe('Engine down');
  });
});

describe('formatRate', () => {
  it.each([
    [0, '0'],
    [0.25, '0.3'],
    [9.94, '9.9'],
    [9.96, '10'],
    [1500, '1,500'],
  ])('writes %d as %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});

describe('needsQuitQuestion', () => {
  it('asks only while requests are being answered, and never when told not to', () => {
    expect(needsQuitQuestion(12, {})).toBe(true);
    expect(needsQuitQuestion(0, {})).toBe(false);
    expect(needsQuitQuestion(12, { FERRY_SKIP_QUIT_QUESTION: '1' })).toBe(false);
  });
});
