#!/usr/bin/env node
import { startOverWithAllocator } from './allocator';
import { runCommandLine } from './cli';

/** The command `ferry`. The engine is loaded for `serve` alone: the other commands are clients of one that runs. */
process.exitCode = await runCommandLine(process.argv.slice(2), async (words) => {
  startOverWithAllocator();
  const { serve } = await import('./serve');
  await serve(words);
});
