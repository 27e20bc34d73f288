import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing';
import { keepingLogger } from './fixtures/fake-tools';
import { StreamingTool } from './streaming-tool';
import { spawnTool, ToolRunner } from './tool-process';

function node(script: string) {
  return () => ['-e', script];
}

describe('StreamingTool', () => {
  it('is missing, without a warning and without retries, when none of its programs exists', async () => {
    const clock = new FakeClock();
    const { logger, entries } = keepingLogger();
    const tool = await new Promise<StreamingTool>((resolve) => {
      const tool: StreamingTool = new StreamingTool({
        clock,
        logger,
        spawn: spawnTool,
        commands: ['/no/such/ferry-tool', '/no/such/other'],
        args: () => [],
        onLine: () => true,
        onStatus: () => tool.status.state === 'missing' && resolve(tool),
        silenceMs: 1000,
      });
      tool.start();
    });
    expect(tool.failure).toContain('/no/such/ferry-tool is not installed');
    expect(entries).toEqual([]);
    expect(clock.pending).toBe(0);
    await tool.stop();
  });

  it('uses the second program where the first does not exist, and keeps words of standard error as the reason', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const tool = await new Promise<StreamingTool>((resolve) => {
      const tool: StreamingTool = new StreamingTool({
        clock,
        logger: keepingLogger().logger,
        spawn: spawnTool,
        commands: ['/no/such/ferry-tool', process.execPath],
        args: node("console.log('data'); console.error('the cable is loose'); process.exitCode = 3"),
        onLine: (line) => lines.push(line) > 0,
        onStatus: () => tool.status.state === 'waiting' && resolve(tool),
        silenceMs: 1000,
      });
      tool.start();
    });
    expect(lines).toEqual(['data']);
    expect(tool.failure).toMatch(/exit code 3: the cable is loose$/);
    expect(tool.status).toEqual({ state: 'waiting', retryMs: 1000 });
    await tool.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('ToolRunner', () => {
  it('gives the output, and errors for people when the program fails, is missing or takes too long', async () => {
    const clock = new FakeClock();
    const runner = new ToolRunner(spawnTool, clock);
    expect(await runner.run(process.execPath, ['-p', '6 * 7'], 1000)).toBe('42\n');
    await expect(runner.run(process.execPath, ['-e', 'process.exit(4)'], 1000)).rejects.toThrow(
      'exit code 4',
    );
    await expect(runner.run('/no/such/ferry-tool', [], 1000)).rejects.toThrow('could not be started');
    const slow = runner.run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 1000);
    const refused = expect(slow).rejects.toThrow('no answer within 1000 ms');
    await clock.advance(1_000_000);
    await refused;
    expect(clock.pending).toBe(0);
  });

  it('ends what is under way at stop', async () => {
    const runner = new ToolRunner(spawnTool, new FakeClock());
    const running = runner.run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 1000);
    const refused = expect(running).rejects.toThrow('SIGTERM');
    await runner.stop();
    await refused;
  });
});
