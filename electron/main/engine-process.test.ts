import { describe, expect, it } from 'vitest';
import type { DesktopEngine } from '../bridge';
import type { StartOrder } from '../utility/engine-messages';
import type { ShellClock } from './clock';
import { type EngineChild, EngineProcess } from './engine-process';

/** Time that passes only when told to. */
class FakeShellClock implements ShellClock {
  #nowMs = 0;
  #timers: { atMs: number; fire: () => void }[] = [];

  nowMs = () => this.#nowMs;

  after = (delayMs: number, fire: () => void) => {
    const timer = { atMs: this.#nowMs + delayMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  pass(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#nowMs = due.atMs;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      due.fire();
    }
    this.#nowMs = end;
  }
}

class FakeChild implements EngineChild {
  readonly sent: unknown[] = [];
  isKilled = false;
  say: (message: unknown) => void = () => undefined;
  write: (text: string) => void = () => undefined;
  exit: (code: number) => void = () => undefined;

  constructor(readonly pid: number) {}

  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }
  onOutput(listener: (text: string) => void): void {
    this.write = listener;
  }
  onExit(listener: (code: number) => void): void {
    this.exit = listener;
  }
  kill(): void {
    this.isKilled = true;
    this.exit(9);
  }
}

const startOrder: StartOrder = {
  kind: 'start',
  argv: ['--port', '9000'],
  home: { dataPath: '/d', starterModelsPath: '/s', rendererPath: '/w' },
};
const ready = {
  kind: 'ready',
  controlUrl: 'http://127.0.0.1:8003',
  token: 'a-token-of-some-length',
  drainTimeoutMs: 30_000,
};

function setUp() {
  const clock = new FakeShellClock();
  const children: FakeChild[] = [];
  const announced: DesktopEngine[] = [];
  const logged: string[] = [];
  const engine = new EngineProcess({
    clock,
    startOrder,
    log: { path: '/logs/engine.log', append: (text) => logged.push(text) },
    announce: (state) => announced.push(state),
    fork: () => {
      const child = new FakeChild(100 + children.length);
      children.push(child);
      return child;
    },
  });
  const child = () => children.at(-1)!;
  return { clock, children, announced, logged, engine, child };
}

describe('EngineProcess', () => {
  it('hands the operator options to the engine and announces its address when ready', () => {
    const { engine, child, announced } = setUp();
    engine.start();
    child().say(ready);
    expect(child().sent).toEqual([startOrder]);
    expect(announced).toEqual([
      { state: 'starting', attempt: 1 },
      { state: 'running', controlUrl: ready.controlUrl, token: ready.token },
    ]);
  });

  it('announces a crash with the last words and the pause, then starts again', () => {
    const { engine, child, children, announced, clock } = setUp();
    engine.start();
    child().say(ready);
    child().write('loading\nout of luck\n');
    child().exit(11);
    expect(announced.at(-1)).toMatchObject({ state: 'down', kind: 'crash', retryInMs: 500 });
    expect(announced.at(-1)).toHaveProperty(
      'message',
      expect.stringMatching(/segmentation fault.*out of luck/s),
    );
    clock.pass(499);
    expect(children).toHaveLength(1);
    clock.pass(1);
    expect(children).toHaveLength(2);
    expect(announced.at(-1)).toEqual({ state: 'starting', attempt: 2 });
  });

  it('tells an exit with status 0 from a crash', () => {
    const { engine, child, announced } = setUp();
    engine.start();
    child().say(ready);
    child().exit(0);
    expect(announced.at(-1)).toMatchObject({ state: 'down', kind: 'exit' });
  });

  it('leaves an engine alone that keeps beating, and ends one that falls silent', () => {
    const { engine, child, children, clock, announced } = setUp();
    engine.start();
    child().say(ready);
    for (let second = 0; second < 120; second++) {
      clock.pass(1_000);
      child().say({ kind: 'heartbeat' });
    }
    expect(children[0]?.isKilled).toBe(false);
    clock.pass(15_000);
    expect(children[0]?.isKilled).toBe(true);
    expect(announced.at(-1)).toHaveProperty('message', expect.stringContaining('did not answer for 15 s'));
  });

  it('ignores messages that are not of the protocol and writes that down', () => {
    const { engine, child, announced, logged } = setUp();
    engine.start();
    for (const odd of [
      null,
      7,
      'ready',
      { kind: 'ready' },
      { ...ready, controlUrl: 'file:///etc' },
      { ...ready, more: 1 },
    ]) {
      child().say(odd);
    }
    expect(announced).toHaveLength(1);
    expect(logged).toHaveLength(6);
  });

  it('does not listen to a process that was replaced', () => {
    const { engine, children, child, clock, announced } = setUp();
    engine.start();
    child().exit(1);
    clock.pass(500);
    const count = announced.length;
    children[0]?.say(ready);
    children[0]?.exit(1);
    expect(announced).toHaveLength(count);
  });

  it('announces a restart once, since draining and starting look alike to the operator', () => {
    const { engine, child, announced } = setUp();
    engine.start();
    child().say(ready);
    engine.restart();
    child().exit(0);
    child().say(ready);
    expect(announced.map(({ state }) => state)).toEqual(['starting', 'running', 'starting', 'running']);
  });

  it('says that it stops, and resolves when the process has drained and gone', async () => {
    const { engine, child } = setUp();
    engine.start();
    child().say(ready);
    const stopped = engine.stop();
    expect(child().sent.at(-1)).toMatchObject({ kind: 'stop' });
    child().say({ kind: 'drained' });
    child().exit(0);
    await expect(stopped).resolves.toBeUndefined();
    await expect(engine.stop()).resolves.toBeUndefined();
  });

  it('resolves a stop at once when no process runs', async () => {
    await expect(setUp().engine.stop()).resolves.toBeUndefined();
  });
});
