import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { fromRoot } from './paths.mjs';

const launchUrl = pathToFileURL(fromRoot('scripts', 'setup', 'launch.mjs')).href;
// Each says that it is up last, when it listens to signals: told earlier, a busy machine lets the signal find nobody.
const drains = `const t = setInterval(() => {}, 1000);
process.on('SIGINT', () => { console.log('asked'); setTimeout(() => { console.log('drained'); clearInterval(t); }, 300); });
console.log('up ' + process.pid + ';');`;
const refuses = `setInterval(() => {}, 1000); process.on('SIGINT', () => console.log('asked'));
console.log('up ' + process.pid + ';');`;

/** @type {number[]} the apps that the tests started, each in a process group of its own */
const apps = [];

afterEach(() => {
  for (const pid of apps.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended, as it should.
    }
  }
});

/** @param {string} app */
async function started(app) {
  const script = `import { launch } from ${JSON.stringify(launchUrl)};
process.exitCode = await launch(process.execPath, ['-e', ${JSON.stringify(app)}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  /** @param {RegExp} pattern */
  const shown = async (pattern) => {
    while (!pattern.test(output)) await sleep(20);
    return pattern.exec(output)?.[1];
  };
  apps.push(Number(await shown(/up (\d+);/)));
  return { child, shown, read: () => output };
}

test.skipIf(process.platform === 'win32')(
  'a Ctrl-C, even if it comes twice at once, drains and exits 0',
  async () => {
    const { child, read } = await started(drains);
    child.kill('SIGINT');
    await sleep(30);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(read().match(/asked/g)).toHaveLength(1);
    expect(read()).toContain('drained');
  },
);

test.skipIf(process.platform === 'win32')('a second Ctrl-C ends what does not want to end', async () => {
  const { child, shown } = await started(refuses);
  child.kill('SIGINT');
  await shown(/asked/);
  await sleep(1200);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(137);
});
