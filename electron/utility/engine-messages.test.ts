import { describe, expect, it } from 'vitest';
import { type EngineOrder, type EngineReport, readEngineOrder, readEngineReport } from './engine-messages';

const home = { dataPath: '/d', starterModelsPath: '/s', rendererPath: '/r' };
const orders: EngineOrder[] = [
  { kind: 'start', argv: ['--port', '0'], home },
  { kind: 'stop', reason: 'quit' },
];
const reports: EngineReport[] = [
  { kind: 'ready', controlUrl: 'http://127.0.0.1:8003', token: 't'.repeat(43), drainTimeoutMs: 30_000 },
  { kind: 'failed-to-start', code: 'PORT_IN_USE', message: 'taken' },
  { kind: 'heartbeat' },
  { kind: 'drained' },
];

describe('the messages between main and the engine process', () => {
  it('arrive as they were sent, since they are plain values', () => {
    for (const order of orders) expect(readEngineOrder(structuredClone(order))).toEqual(order);
    for (const report of reports) expect(readEngineReport(structuredClone(report))).toEqual(report);
  });

  it('do not pass in the wrong direction', () => {
    for (const order of orders) expect(readEngineReport(order)).toBeNull();
    for (const report of reports) expect(readEngineOrder(report)).toBeNull();
  });

  it.each([
    null,
    'start',
    { kind: 'start' },
    { kind: 'start', argv: [1], home },
    { kind: 'stop', reason: 'quit', more: true },
  ])('are refused when they are not of the protocol: %j', (message) => {
    expect(readEngineOrder(message)).toBeNull();
  });

  it.each(['file:///etc/passwd', 'https://example.com', 'javascript:alert(1)', ''])(
    'do not bring the address %s to the page',
    (controlUrl) => {
      expect(readEngineReport({ ...reports[0], controlUrl })).toBeNull();
    },
  );
});
