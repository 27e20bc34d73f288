import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { linearModel } from '../testing/onnx-writer';
import { temporaryFolder } from '../testing/temporary-folder';

/** Chromium and Electron carry SwiftShader, a Vulkan device in software: a true GPU path on a machine without a GPU. */
function softwareVulkan(): string | null {
  const dists = fileURLToPath(new URL('../../.ferry/electron', import.meta.url));
  const folders = [
    ...(existsSync(dists) ? readdirSync(dists).map((name) => join(dists, name)) : []),
    '/usr/lib/chromium',
  ];
  return (
    folders.find(
      (folder) =>
        existsSync(join(folder, 'vk_swiftshader_icd.json')) && existsSync(join(folder, 'libvulkan.so.1')),
    ) ?? null
  );
}

const vulkan = process.platform === 'linux' ? softwareVulkan() : null;
if (!vulkan)
  console.log(
    'skipped: no SwiftShader (it lies beside an Electron or Chromium binary) to run the webgpu provider on',
  );

const folder = temporaryFolder();
afterAll(() => folder.remove());

test.skipIf(!vulkan)(
  'a session on the webgpu provider (SwiftShader) gives the same answers as the CPU, through a real instance',
  async () => {
    const modelPath = folder.write({ 'double.onnx': linearModel(2, 2, Float32Array.of(2, 0, 0, 2)).file });
    const child = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./webgpu-child.ts', import.meta.url)), modelPath],
      {
        env: {
          ...process.env,
          LD_LIBRARY_PATH: vulkan ?? '',
          VK_DRIVER_FILES: join(vulkan ?? '', 'vk_swiftshader_icd.json'),
        },
        cwd: dirname(fileURLToPath(import.meta.url)),
      },
    );
    const { provider, values } = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as {
      provider: string;
      values: number[];
    };
    expect(provider).toBe('webgpu');
    expect(values).toEqual([2, 4, 6, 8]);
  },
  120_000,
);
