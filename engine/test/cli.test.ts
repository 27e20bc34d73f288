import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRunFile } from '../config';
import type { ModelSummary } from '../contract';
import { temporaryFolder } from '../testing/temporary-folder';
import { addingModel, simulatedConfig } from './arithmetic-models';
import { buildCli, type CliOptions, type RunCli } from './run-cli';
import { startEngine, type TestEngine } from './start-engine';
import { waitUntil } from './wait-until';

let t: TestEngine;
let dataPath: string;
let runCli: RunCli;

beforeAll(async () => {
  t = await startEngine({
    models: {
      'plus/1/model.onnx': addingModel(['batch', 2]),
      'sim/config.pbtxt': simulatedConfig({ baseUs: 500 }),
    },
  });
  dataPath = join(t.folder.path, 'data');
  t.folder.write({ 'cli/package.json': '{ "type": "module" }' });
  runCli = await buildCli(join(t.folder.path, 'cli'));
});
afterAll(() => t.close());

/** A command of the user who started the engine: it finds the run file. */
const ferry = (line: string, options: CliOptions = {}) =>
  runCli(line.split(' '), { ...options, env: { FERRY_DATA_DIR: dataPath, ...options.env } });

/** A command that knows nothing but an address, as with an engine of somebody else. */
const stranger = (line: string) =>
  runCli([...line.split(' '), '--url', `http://127.0.0.1:${t.http.port}`], { env: {} });

describe('health', () => {
  test('finds the engine by its run file, and ends with 0 while it is ready', async () => {
    const { code, stdout, stderr } = await ferry('health');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`ferry 0.1.0 at http://127.0.0.1:${t.http.port} is ready\n`);
  });

  test('is one JSON document with --json', async () => {
    expect((await ferry('health --json')).json()).toMatchObject({ live: true, ready: true, server: 'ferry' });
  });

  test('ends with 3 and says what to do when nothing answers', async () => {
    const { port, close } = await closedPort();
    await close();
    const { code, stdout, stderr } = await runCli(['health', '--url', `127.0.0.1:${port}`]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      `ferry: no engine answers at http://127.0.0.1:${port} (connection refused): start one with "npm start" or "ferry serve", or name another with --url\n`,
    );
  });

  test('says so when something else answers', async () => {
    const { port, close } = await closedPort();
    const { code, stderr } = await runCli(['health', '--url', `127.0.0.1:${port}`]);
    await close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not answer as the Open Inference Protocol says: GET \/v2 gave "hello"/);
  });

  test('takes the address from FERRY_URL, and refuses one that is none', async () => {
    const env = { FERRY_URL: `http://127.0.0.1:${t.http.port}` };
    expect((await runCli(['health'], { env })).code).toBe(0);
    const { code, stderr } = await runCli(['health'], { env: { FERRY_URL: 'ftp://127.0.0.1' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/--url: "ftp:\/\/127\.0\.0\.1" is not an address such as http/);
  });
});

/** A port of this machine on which a program answers that is no inference server. */
async function closedPort(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = createServer((_request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { port: (server.address() as AddressInfo).port, close };
}

describe('models', () => {
  test('are listed with their settings', async () => {
    const { code, stdout } = await ferry('models');
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +VERSION +STATE +BATCH +DELAY US +INSTANCES +MEMORY +PROVIDER +REASON$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^plus +1 +ready +\d+ +0 +1 +[\d.]+ [KMG]iB +cpu$/);
  });

  test('are listed for who knows the inference address only, from the repository’s index', async () => {
    const { code, stdout } = await stranger('models');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plus +1 +ready +\d+ +\d+ +1 +- +- *$/m);
  });

  test('are listed by name for scripts', async () => {
    expect((await ferry('models list --names')).stdout).toBe('plus\nsim\n');
    expect((await ferry('models list --names --json')).json()).toEqual(['plus', 'sim']);
  });

  test('are shown with where each setting comes from', async () => {
    const { stdout } = await ferry('models show plus');
    expect(stdout).toMatch(/^input +x +FP32 +\[batch, 2\]$/m);
    expect(stdout).toMatch(/^instances +1 +default$/m);
    expect((await ferry('models show plus --json')).json<ModelSummary>().inputs[0]?.name).toBe('x');
  });

  test('are shown to who knows the inference address only, without settings', async () => {
    const { code, stdout } = await stranger('models show plus');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^output +y +FP32 +\[-1, 2\]$/m);
    expect(stdout).not.toMatch(/SETTING/);
  });

  test('are changed, and the change is said and kept', async () => {
    const { code, stdout } = await ferry('models set plus --max-batch-size 4 --max-queue-delay-us 250');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^max-batch-size +\d+ -> 4$/m);
    expect(stdout).toMatch(/^max-queue-delay-us +0 -> 250$/m);
    expect(readFileSync(join(t.repositoryPath, 'plus/config.pbtxt'), 'utf8')).toMatch(/max_batch_size: 4/);
    expect((await ferry('models set plus --max-batch-size 4')).stdout).toMatch(/nothing changed/);
    expect((await ferry('models set plus --threads 1 --json')).json()).toMatchObject({
      model: 'plus',
      after: { maxBatchSize: 4, intraOpThreads: 1 },
    });
  });

  test.each([
    [
      'models set plus --max-batch-size 4096',
      2,
      /--max-batch-size: "4096" is not a whole number from 1 to 1024/,
    ],
    ['models set plus', 2, /nothing to set: give some of --batching, --max-batch-size/],
    ['models set plus --providers gpu', 2, /--providers: "gpu" is not one of cpu, cuda/],
    ['models set nobody --instances 2', 1, /no model "nobody": there are plus, sim/],
    ['models set plus --preferred-batch-sizes 512', 1, /preferredBatchSizes contains 512/],
    ['memory set tpu=1GiB', 1, /names "tpu", which is not there; devices are simulated, cpu/],
    ['memory set cpu=1KiB', 1, /the smallest model for cpu, "plus", needs \d+ bytes/],
    ['models load nobody', 1, /unknown model: 'nobody'/],
    ['models show nobody', 1, /unknown model: 'nobody'/],
    ['modles', 2, /"modles" is no command\. Did you mean "models"\?/],
  ])('are refused with the reason: %s', async (line, code, message) => {
    const answer = await ferry(line);
    expect(answer.stderr).toMatch(message);
    expect(answer).toMatchObject({ code, stdout: '' });
  });

  test('share a device’s memory by a budget that can be changed', async () => {
    const { code, stdout } = await ferry('memory set cpu=1TiB');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cpu +1 TiB/m);
    expect(stdout).toMatch(/ plus$/m);
  });

  test('are unloaded and loaded, and each command returns when that is done', async () => {
    expect(await ferry('models unload sim')).toMatchObject({ code: 0, stdout: 'sim is unloaded\n' });
    expect((await ferry('models --json')).json()).toMatchObject([
      { name: 'plus' },
      { name: 'sim', state: 'unavailable' },
    ]);
    expect((await ferry('models load sim')).stdout).toMatch(/^sim is ready: version 1 on simulated, in /);
    expect(t.engine.registry.summary('sim').state).toBe('ready');
  });

  test('cannot be changed by who has no token, and the message says how to come by one', async () => {
    const { code, stderr } = await stranger('models set plus --instances 2');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /changing settings needs the control plane, and none is known .*FERRY_CONTROL_TOKEN/,
    );
  });

  test('can be changed with the control plane’s address and token from the environment', async () => {
    const line = `models set plus --instances 1 --url 127.0.0.1:${t.http.port} --control-url ${t.engine.controlUrl}`;
    const env = { FERRY_CONTROL_TOKEN: t.engine.controlToken };
    expect((await runCli(line.split(' '), { env })).code).toBe(0);
    const wrong = await runCli(line.split(' '), { env: { FERRY_CONTROL_TOKEN: 'not-the-token-of-it' } });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/refuses the token/);
    expect((await runCli(line.split(' '))).code).toBe(2);
  });
});

describe('every command', () => {
  test('answers a failure with one JSON document too, when JSON was asked for', async () => {
    const { code, stderr, json } = await ferry('models load nobody --json');
    expect(code).toBe(1);
    expect(json()).toEqual({ error: expect.stringMatching(/nobody/), exitCode: 1 });
    expect(stderr).toMatch(/^ferry: /);
  });

  test('never shows the token', async () => {
    const token = t.engine.controlToken;
    for (const line of [
      'models --json',
      'models show plus --json',
      'health --json',
      'models set plus --instances 99',
    ]) {
      const { stdout, stderr } = await ferry(line);
      expect(stdout + stderr).not.toContain(token);
    }
    expect(JSON.stringify(t.logs)).not.toContain(token);
  });

  test('but serve loads neither the engine nor ONNX Runtime', async () => {
    const say = `process.on('exit', () => process.stderr.write(process.report.getReport().sharedObjects.join('\\n')))`;
    const options = { env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(say)}` } };
    for (const line of ['models', `repo check ${t.repositoryPath}`, 'infer sim --input random']) {
      const { code, stderr } = await ferry(line, options);
      expect(code).toBe(0);
      expect(stderr).toMatch(/libc/);
      expect(stderr).not.toMatch(/onnxruntime/);
    }
  });

  test('ends quietly when nobody reads its output any more', async () => {
    const { code, stderr } = await ferry('--help', { started: (child) => child.stdout?.destroy() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('has no colour where no terminal is', async () => {
    expect((await ferry('health', { env: { TERM: 'xterm-256color' } })).stdout).not.toContain('\u001b');
  });

  test('tells its version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^ferry \d+\.\d+\.\d+ \(Node /);
    expect((await runCli(['version', '--json'])).json()).toMatchObject({ node: process.versions.node });
  });
});

describe('the run file', () => {
  test('names the doors and is gone after a stop', async () => {
    const other = await startEngine();
    const path = join(other.folder.path, 'data');
    expect(await readRunFile(path)).toMatchObject({
      pid: process.pid,
      doors: { http: `http://127.0.0.1:${other.http.port}`, control: other.engine.controlUrl },
    });
    await other.engine.stop('the test asks for it');
    expect(await readRunFile(path)).toBeNull();
    await other.close();
  });

  test('of an engine that was killed is passed over', async () => {
    const folder = temporaryFolder();
    folder.write({ 'models/sim/config.pbtxt': simulatedConfig({ baseUs: 1 }) });
    const data = join(folder.path, 'data');
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const argv = ['--port', '0', '--repository', join(folder.path, 'models'), '--data-dir', data];
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'serve', ...argv], { stdio: 'ignore' });
    await waitUntil('it serves', () => readRunFile(data));
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    const { code, stderr } = await runCli(['models', 'set', 'sim', '--instances', '2', '--data-dir', data]);
    folder.remove();
    expect(stderr).toMatch(
      /no engine answers at http:\/\/127\.0\.0\.1:8000|none is known for http:\/\/127\.0\.0\.1:8000/,
    );
    expect(code).not.toBe(0);
  });
});

describe('infer', () => {
  interface Answer {
    readonly version: string;
    readonly timesMs: readonly number[];
    readonly outputs: readonly { name: string; datatype: string; shape: number[]; data: unknown[] }[];
  }
  const files = (): string => t.folder.path;

  test('sends JSON from the command line and shows what comes back', async () => {
    const { code, stdout, stderr } = await ferry('infer plus --input [[1,2],[3,4]]');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^plus version 1: answered in /);
    expect(stdout).toMatch(
      /^y {2}FP32 \[2, 2\]\n {2}2, 3, 4, 5\n {2}min 2 {2}max 5 {2}mean 3\.5 {2}argmax 3$/m,
    );
  });

  test.each(['', ' --json-tensors'])('answers with one JSON document that has all data%s', async (how) => {
    const { outputs, version, timesMs } = (
      await ferry(`infer plus --input [1,2] --repeat 3 --json${how}`)
    ).json<Answer>();
    expect(outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [2, 3] }]);
    expect(version).toBe('1');
    expect(timesMs).toHaveLength(3);
  });

  test('writes an output as .npy, which it takes as input again', async () => {
    const path = join(files(), 'y.npy');
    expect((await ferry(`infer plus --input x=[1,2] --output y --save y=${path}`)).stderr).toBe(
      `y is in ${path}\n`,
    );
    const { outputs } = (await ferry('infer plus --input y.npy --json', { cwd: files() })).json<Answer>();
    expect(outputs[0]?.data).toEqual([3, 4]);
  });

  test('refuses a .npy file of another datatype, and converts it when asked', async () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117);
    const data = Buffer.from(Float64Array.of(1, 2).buffer);
    const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length + 1)}\x00`, 'latin1');
    t.folder.write({ 'wide.npy': Buffer.concat([start, Buffer.from(`${header}\n`), data]) });
    const refused = await ferry('infer plus --input wide.npy', { cwd: files() });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/the file holds FP64, the model takes FP32; convert it with --cast/);
    const { outputs } = (
      await ferry('infer plus --input wide.npy --cast --json', { cwd: files() })
    ).json<Answer>();
    expect(outputs[0]?.data).toEqual([2, 3]);
  });

  test('takes a request from a file, and made-up data that is the same for the same seed', async () => {
    t.folder.write({
      'request.json': '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[5,6]}]}',
    });
    expect(
      (await ferry('infer plus --input request.json --json', { cwd: files() })).json<Answer>().outputs[0]
        ?.data,
    ).toEqual([6, 7]);
    const [first, second, other] = [
      (await ferry('infer sim --input random --shape 3,2 --json')).json<Answer>(),
      (await ferry('infer sim --input random --shape 3,2 --json')).json<Answer>(),
      (await ferry('infer sim --input random --shape 3,2 --seed 2 --json')).json<Answer>(),
    ];
    expect(first.outputs[0]?.shape).toEqual([3, 2]);
    expect(second.outputs).toEqual(first.outputs);
    expect(other.outputs).not.toEqual(first.outputs);
  });

  test('takes a picture in the form of the model', async () => {
    const { PNG } = await import('pngjs');
    const picture = new PNG({ width: 4, height: 4 });
    picture.data = Buffer.alloc(4 * 4 * 4, 255);
    t.folder.write({ 'white.png': PNG.sync.write(picture) });
    t.write({ 'picture/1/model.onnx': addingModel(['batch', 3, 2, 2]) });
    await t.control.calls.rescan.mutate();
    await waitUntil(
      'the picture model is known',
      async () => (await ferry('models load picture')).code === 0,
    );
    const line = 'infer picture --input white.png --scale 255 --mean 1 --std 0.5 --json';
    const { outputs } = (await ferry(line, { cwd: files() })).json<Answer>();
    expect(outputs[0]).toMatchObject({ shape: [1, 3, 2, 2], data: new Array(12).fill(1) });
  });

  test.each([
    ['infer plus', 2, /no data for "x" \(FP32 \[-1, 2\]\): give --input VALUE/],
    ['infer plus --input z=[1]', 2, /the model has no input "z", it has x/],
    ['infer plus --input none.npy', 1, /none\.npy: there is no such file/],
    ['infer plus --input hello', 2, /"hello" is neither a file/],
    ['infer plus --input [1,2] --shape 2,x', 2, /--shape: "2,x" is no shape/],
    ['infer plus --input [1,2,3]', 1, /does not fit the model's \[-1, 2\]/],
    ['infer plus --input [1,2] --version one', 2, /--version: "one" is not a whole number/],
    ['infer plus --input [1,2] --version 9', 1, /version/],
    ['infer plus --input [1,2] --output q', 1, /"q"/],
    ['infer plus --input [1,2] --save y.txt', 2, /--save: "y\.txt" must end with \.npy/],
    ['infer nobody --input 1', 1, /nobody/],
  ])('is refused with the reason: %s', async (line, code, message) => {
    const answer = await ferry(line);
    expect(answer.stderr).toMatch(message);
    expect(answer).toMatchObject({ code, stdout: '' });
  });
});

describe('stats', () => {
  interface Row {
    readonly model: string;
    readonly requests: number;
    readonly inferences: number;
    readonly executions: number;
    readonly batches: Readonly<Record<string, number>>;
  }
  const of = async (line: string): Promise<Row> => (await ferry(line)).json<Row[]>()[0]!;

  test('count what was asked since, and in which batches', async () => {
    const before = await of('stats plus --json');
    await ferry('infer plus --input [[1,2],[3,4]] --repeat 2');
    const after = await of('stats plus --json');
    expect(after.requests - before.requests).toBe(2);
    expect(after.inferences - before.inferences).toBe(4);
    expect((after.batches[2] ?? 0) - (before.batches[2] ?? 0)).toBe(2);
  });

  test('are a table of all models that are ready', async () => {
    const { code, stdout } = await ferry('stats');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MODEL +VERSION +REQUESTS +FAILED +ROWS +RUNS/);
    expect(stdout).toMatch(/^sim +1 +\d+ +0 /m);
  });

  test('are watched, each time since the last, until Ctrl-C ends it with 0', async () => {
    let looks = '';
    const { code, stderr } = await ferry('stats sim --watch 200ms --json', {
      started: (child) =>
        child.stdout.on('data', (chunk) => {
          looks += String(chunk);
          if (looks.split('\n').length > 2) child.kill('SIGINT');
        }),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first] = looks.split('\n').map((line) => (line === '' ? null : JSON.parse(line)));
    expect(first).toMatchObject({ seconds: expect.any(Number), rows: [{ model: 'sim', requests: 0 }] });
  });

  test('of a model that is not there are an error', async () => {
    expect(await ferry('stats nobody')).toMatchObject({ code: 1, stdout: '' });
    expect((await ferry('stats --watch soon')).stderr).toMatch(/--watch: "soon" is not a time/);
  });
});

describe('bench', () => {
  test('measures a closed loop, and counts what the server counted', async () => {
    const line = 'bench sim --clients 4 --duration 1s --warmup 0s --rows 2 --json';
    const { code, json, stderr } = await ferry(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = json<{
      counts: { sent: number; succeeded: number };
      server: { requests: number };
      achievedPerSecond: number;
    }>();
    expect(result).toMatchObject({ model: 'sim', rowsPerRequest: 2, counts: { dropped: 0, errors: {} } });
    expect(result.counts.succeeded).toBeGreaterThan(0);
    expect(result.server.requests).toBeGreaterThanOrEqual(result.counts.succeeded);
  });

  test('keeps a rate, and prints a table', async () => {
    const { code, stdout } = await ferry('bench plus --rate 20 --duration 1s --warmup 0s');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model +plus, 20 requests\/s \(constant\), 1 row\(s\) a request$/m);
    expect(stdout).toMatch(/^latency +p50 .* p90 .* p95 .* p99 .* max /m);
    expect(stdout).toMatch(/^errors +none$/m);
  });

  test('is ended by Ctrl-C, and shows what was measured', async () => {
    const { requestsOk } = t.counters('sim');
    const { code, json } = await ferry('bench sim --duration 10m --warmup 0s --json', {
      started: (child) => {
        const answered = () => t.counters('sim').requestsOk > requestsOk;
        void waitUntil('a request is answered', answered).then(() => child.kill('SIGINT'));
      },
    });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ stopped: true, durationMs: 600_000 });
  });

  test('ends with 1 when requests fail, unless that is allowed', async () => {
    t.write({ 'fixed/1/model.onnx': addingModel(['batch', 3]) });
    await t.control.calls.rescan.mutate();
    await waitUntil('the model is known', async () => (await ferry('models load fixed')).code === 0);
    const line = 'bench fixed --shape 1,4 --duration 500ms --warmup 0s --clients 1';
    const failed = await ferry(line);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/^errors +\d+ x HTTP 400 INVALID_ARGUMENT$/m);
  });

  test.each([
    ['bench sim --clients 0', /--clients: "0" is not a whole number from 1 to 4096/],
    ['bench sim --clients 1 --rate 1', /--clients and --rate: give one of them/],
    ['bench sim --poisson', /--poisson goes with --rate/],
    ['bench sim --rows 9', /--rows: 9 is more than the model's max_batch_size, 8/],
    ['bench sim --duration 1ms', /--duration: "1ms" is not a time of 500 ms to 86400 s/],
  ])('is refused with the reason: %s', async (line, message) => {
    const { code, stderr } = await ferry(line);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('repo check', () => {
  test('says where each value in force comes from, without an engine', async () => {
    const { code, stdout } = await runCli(['repo', 'check', t.repositoryPath, '--model', 'sim']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sim: (ok|warn)$/m);
    expect(stdout).toMatch(/^ {2}max_batch_size +8 +file/m);
    expect(stdout).toMatch(/1 models, .* 0 with errors$/m);
  });

  test('finds the repository of the engine that runs, or takes FERRY_REPOSITORY', async () => {
    expect((await ferry('repo check --json')).json()).toMatchObject({ path: t.repositoryPath });
    const env = { FERRY_REPOSITORY: t.repositoryPath };
    expect((await runCli(['repo', 'check', '--json'], { env })).json()).toMatchObject({
      path: t.repositoryPath,
    });
  });

  test('ends with 1 for a fault, with its line and column', async () => {
    const folder = temporaryFolder();
    folder.write({
      'bad/config.pbtxt': 'max_batch_size: 4\nmax_btch: 3\n',
      'good/config.pbtxt': simulatedConfig({ baseUs: 1 }),
    });
    const { code, stdout } = await runCli(['repo', 'check', folder.path, '--quiet']);
    const one = await runCli(['repo', 'check', folder.path, '--model', 'good']);
    const missing = await runCli(['repo', 'check', folder.path, '--model', 'none']);
    folder.remove();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad: error\n {2}config\.pbtxt, line 2, column 1: .*"max_btch"/m);
    expect(one.code).toBe(0);
    expect(missing).toMatchObject({ code: 1, stderr: 'ferry: model "none" is not in the repository\n' });
    expect((await runCli(['repo', 'check', '/nonexistent'])).code).toBe(1);
  });
});
