import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { bundledPackages } from './scripts/packaging/bundled-packages-plugin';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  main: {
    plugins: [bundledPackages(source('out/bundled/main.json'))],
    build: {
      outDir: 'out/main',
      target: 'node20',
      // Everything but Electron and the native addon is bundled: the Node inside Electron is older than the one the
      // packages are tested on, and a packaged app then carries one node module.
      externalizeDeps: false,
      sourcemap: true,
      rollupOptions: {
        external: ['electron', 'onnxruntime-node'],
        input: {
          main: source('electron/main/main.ts'),
          engine: source('electron/utility/engine-entry.ts'),
          cli: source('engine/main.ts'),
          'instance-worker': source('engine/instances/worker/instance-worker.ts'),
          'load-worker': source('engine/loadtest/worker/load-worker.ts'),
          'timer-worker': source('engine/base/timer-worker.ts'),
        },
        output: {
          format: 'es',
          // Workers are found beside the file that starts them, and that file may be a chunk: one folder for all.
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
          // In a chunk of its own: else `ferry repo check`, which needs it alone, would load ONNX Runtime with it.
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [
              {
                name: 'models',
                test: /[\\/]engine[\\/](models|batching|metrics|devices|instances(?![\\/]worker))[\\/]/,
              },
            ],
          },
        },
      },
    },
  },
  preload: {
    plugins: [bundledPackages(source('out/bundled/preload.json'))],
    build: {
      outDir: 'out/preload',
      // A sandboxed preload has to be one CommonJS file.
      externalizeDeps: false,
      rollupOptions: {
        external: ['electron'],
        input: { preload: source('electron/preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [react(), bundledPackages(source('out/bundled/renderer.json'))],
    build: {
      outDir: 'out/renderer',
      minify: true,
      rollupOptions: { input: source('renderer/index.html') },
    },
  },
});
