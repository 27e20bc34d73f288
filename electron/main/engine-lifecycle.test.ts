import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DRAIN_GRACE_MS,
  type EngineEnd,
  type EngineEvent,
  type EngineState,
  FIRST_BEAT_LIMIT_MS,
  nextEngineState,
  SILENCE_LIMIT_MS,
  wakeAtMs,
} from './engine-lifecycle';
import { MAX_FAILED_STARTS } from './restart-delay';

const crash: EngineEnd = { kind: 'crash', message: 'boom' };
const ready: EngineEvent = {
  kind: 'ready',
  controlUrl: 'http://127.0.0.1:1',
  token: 't'.repeat(16),
  drainTimeoutMs: 30_000,
};
const exit: EngineEvent = { kind: 'exit', end: crash };

const needsNoProcess = new Set(['wake', 'restart', 'stop']);
const hasProcess = new Set(['starting', 'running', 'stopping']);
/** Every other state has a limit that leads out of it. */
const waitsForNothing = new Set(['idle', 'given-up', 'ended']);

/** Runs events through the lifecycle, each at its time, and collects what it says and does. */
function run(events: readonly (readonly [atMs: number, event: EngineEvent])[]) {
  let state: EngineState = { name: 'idle' };
  const effects: string[] = [];
  const names: string[] = [state.name];
  for (const [atMs, event] of events) {
    const next = nextEngineState(state, event, atMs);
    state = next.state;
    effects.push(...next.effects);
    if (names.at(-1) !== state.name) names.push(state.name);
  }
  return { state, effects, names };
}

const begin = [0, { kind: 'restart' }] as const;

describe('the engine lifecycle', () => {
  it('starts, becomes ready, and after a crash waits half a second and starts again', () => {
    const { names, effects } = run([begin, [100, ready], [5_000, exit], [5_500, { kind: 'wake' }]]);
    expect(names).toEqual(['idle', 'starting', 'running', 'waiting', 'starting']);
    expect(effects).toEqual(['fork', 'fork']);
  });

  it('waits twice as long after every crash without health between', () => {
    const { state } = run([
      begin,
      [0, ready],
      [10, exit],
      [510, { kind: 'wake' }],
      [600, ready],
      [700, exit],
    ]);
    expect(state).toMatchObject({ name: 'waiting', limitMs: 700 + 1_000, past: { all: 2, starts: 0 } });
  });

  it('forgets earlier crashes after a minute of health', () => {
    const { state } = run([
      begin,
      [0, ready],
      [10, exit],
      [510, { kind: 'wake' }],
      [600, ready],
      [60_600, exit],
    ]);
    expect(state).toMatchObject({ name: 'waiting', limitMs: 60_600 + 500, past: { all: 1 } });
  });

  it('gives up after five starts in a row that never became ready, and keeps the reason', () => {
    const events: [number, EngineEvent][] = [[0, { kind: 'restart' }]];
    for (let n = 0; n < MAX_FAILED_STARTS; n++)
      events.push([n * 40_000, exit], [n * 40_000 + 30_000, { kind: 'wake' }]);
    const { state, effects } = run(events);
    expect(state).toMatchObject({ name: 'given-up', end: { kind: 'crash' } });
    expect(state).toHaveProperty('end.message', expect.stringContaining('boom'));
    expect(effects).toHaveLength(MAX_FAILED_STARTS);
    expect(wakeAtMs(state)).toBeNull();
  });

  it('does not try again when a port is in use, and shows the engine own words', () => {
    const refusal = { code: 'PORT_IN_USE', message: 'port 8000 is taken; start with --port' };
    const { state } = run([begin, [100, { kind: 'failed', refusal }], [150, exit]]);
    expect(state).toEqual({ name: 'given-up', end: { kind: 'exit', message: refusal.message } });
  });

  it('asks an engine that cannot start to end, also when that comes after its doors were open', () => {
    const failed = {
      kind: 'failed',
      refusal: { code: 'INVALID_ARGUMENT', message: 'no such folder' },
    } as const;
    expect(run([begin, [10, failed]]).effects).toEqual(['fork', 'ask-to-stop']);
    const late = run([begin, [10, ready], [20, failed], [30, exit]]);
    expect(late.effects).toEqual(['fork', 'ask-to-stop']);
    expect(late.state).toMatchObject({ name: 'given-up', end: { message: 'no such folder' } });
  });

  it('tries again when the engine reports a fault of its own', () => {
    const refusal = { code: 'INTERNAL', message: 'a fault' };
    const { state } = run([begin, [100, { kind: 'failed', refusal }], [150, exit]]);
    expect(state).toMatchObject({ name: 'waiting', end: { message: 'a fault' } });
  });

  it('kills an engine whose event loop is silent too long, and says so', () => {
    const silent = SILENCE_LIMIT_MS + 100;
    const { state, effects } = run([
      begin,
      [0, ready],
      [100, { kind: 'beat' }],
      [silent, { kind: 'wake' }],
      [silent + 5, exit],
    ]);
    expect(effects).toEqual(['fork', 'kill']);
    expect(state).toMatchObject({ name: 'waiting', end: { kind: 'crash' } });
    expect(state).toHaveProperty('end.message', expect.stringContaining('did not answer'));
  });

  it('kills again when the first kill did not end it', () => {
    const wake = { kind: 'wake' } as const;
    const { effects } = run([begin, [0, ready], [SILENCE_LIMIT_MS, wake], [2 * SILENCE_LIMIT_MS, wake]]);
    expect(effects).toEqual(['fork', 'kill', 'kill']);
  });

  it('does not hold its own sleep against the engine', () => {
    const { state, effects } = run([begin, [0, ready], [3_600_000, { kind: 'wake' }]]);
    expect(effects).toEqual(['fork']);
    expect(state).toMatchObject({ name: 'running', limitMs: 3_600_000 + SILENCE_LIMIT_MS });
  });

  it('gives a first start longer than a running engine to be heard', () => {
    expect(run([begin, [FIRST_BEAT_LIMIT_MS - 1, { kind: 'wake' }]]).effects).toEqual(['fork']);
    expect(run([begin, [FIRST_BEAT_LIMIT_MS, { kind: 'wake' }]]).effects).toEqual(['fork', 'kill']);
  });

  it('drains before a restart asked for by the operator, and forgets failures', () => {
    const { names, effects, state } = run([begin, [0, ready], [10, { kind: 'restart' }], [200, exit]]);
    expect(names).toEqual(['idle', 'starting', 'running', 'stopping', 'starting']);
    expect(effects).toEqual(['fork', 'ask-to-stop', 'fork']);
    expect(state).toMatchObject({ attempt: 1, past: { all: 0, starts: 0 } });
  });

  it('starts at once when restarted while waiting or given up', () => {
    const { state, effects } = run([begin, [0, ready], [10, exit], [20, { kind: 'restart' }]]);
    expect(state.name).toBe('starting');
    expect(effects).toEqual(['fork', 'fork']);
  });

  it('ends for good when stopped, even in the middle of a restart', () => {
    const { state } = run([begin, [0, ready], [10, { kind: 'restart' }], [20, { kind: 'stop' }], [30, exit]]);
    expect(state.name).toBe('ended');
    expect(nextEngineState(state, { kind: 'restart' }, 40)).toEqual({ state, effects: [] });
  });

  it('kills an engine that does not drain in time', () => {
    const { effects } = run([
      begin,
      [0, ready],
      [10, { kind: 'stop' }],
      [10 + 30_000 + DRAIN_GRACE_MS, { kind: 'wake' }],
    ]);
    expect(effects).toEqual(['fork', 'ask-to-stop', 'kill']);
  });

  it('never has two processes, and never forgets one, whatever happens in whatever order', () => {
    const refusal = fc.constantFrom('INTERNAL', 'PORT_IN_USE').map((code) => ({ code, message: code }));
    const event: fc.Arbitrary<EngineEvent> = fc.oneof(
      fc.constant<EngineEvent>(ready),
      fc.constant<EngineEvent>(exit),
      fc.constantFrom<EngineEvent>({ kind: 'beat' }, { kind: 'wake' }, { kind: 'restart' }, { kind: 'stop' }),
      refusal.map((it): EngineEvent => ({ kind: 'failed', refusal: it })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40_000), event), { maxLength: 60 }), (steps) => {
        let state: EngineState = { name: 'idle' };
        let processes = 0;
        let nowMs = 0;
        for (const [delayMs, next] of steps) {
          nowMs += delayMs;
          // A process can only be heard, and only end, while there is one.
          if (processes === 0 && !needsNoProcess.has(next.kind)) continue;
          const { state: after, effects } = nextEngineState(state, next, nowMs);
          processes += effects.filter((effect) => effect === 'fork').length - Number(next.kind === 'exit');
          expect(processes).toBe(Number(hasProcess.has(after.name)));
          expect(wakeAtMs(after) === null).toBe(waitsForNothing.has(after.name));
          state = after;
        }
      }),
    );
  });
});
