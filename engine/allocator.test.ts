import { expect, test } from 'vitest';
import { ALLOCATOR_ENV, type StartingProcess, startOverWithAllocator } from './allocator';

function started(more: Partial<StartingProcess> = {}): unknown[][] {
  const calls: unknown[][] = [];
  startOverWithAllocator({
    platform: 'linux',
    env: { PATH: '/bin' },
    execPath: '/usr/bin/node',
    execArgv: ['--import', 'tsx'],
    argv: ['/usr/bin/node', 'cli.js', 'serve', '--port', '0'],
    execve: (...call) => calls.push(call),
    ...more,
  });
  return calls;
}

test('the engine starts over once, as it was called, with the allocator told to give memory back', () => {
  const [file, argv, env] = started()[0] ?? [];
  expect([file, argv]).toEqual([
    '/usr/bin/node',
    ['/usr/bin/node', '--import', 'tsx', 'cli.js', 'serve', '--port', '0'],
  ]);
  expect(env).toEqual({ PATH: '/bin', ...ALLOCATOR_ENV });
  expect(started({ env: env as NodeJS.ProcessEnv })).toEqual([]);
});

test("settings and an allocator of the operator's own stay in force", () => {
  const own = [
    { MALLOC_MMAP_THRESHOLD_: '4096' },
    { GLIBC_TUNABLES: 'glibc.malloc.mmap_threshold=4096' },
    { LD_PRELOAD: '/usr/lib/libjemalloc.so.2' },
  ];
  for (const env of own) expect(started({ env })).toEqual([]);
});

test('where it cannot start over it goes on', () => {
  expect(started({ platform: 'darwin' })).toEqual([]);
  expect(started({ execve: undefined })).toEqual([]);
  expect(started({ send: () => true })).toEqual([]);
});

test('what starts the engine on an older Node says the same to the allocator', async () => {
  const launcher = new URL('../scripts/setup/allocator-env.mjs', import.meta.url).href;
  const { allocatorEnv } = await import(launcher);
  expect(allocatorEnv).toEqual(ALLOCATOR_ENV);
});
