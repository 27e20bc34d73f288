import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Threads of real engines start slowly on a busy machine; a test that hangs is still told from one that is slow. */
const LIMITS = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...LIMITS,
          name: 'node',
          environment: 'node',
          pool: 'forks',
          globalSetup: './scripts/checks/built-workers.mjs',
          include: ['{engine,electron,bench}/**/*.test.ts', 'scripts/**/*.test.{mjs,ts}'],
        },
      },
      {
        plugins: [react()],
        test: {
          ...LIMITS,
          name: 'renderer',
          environment: 'happy-dom',
          include: ['renderer/**/*.test.{ts,tsx}'],
        },
      },
    ],
  },
});
