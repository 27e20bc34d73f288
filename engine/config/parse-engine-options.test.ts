import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import { defaultDataPath } from './data-path';
import { type EngineOptions, engineHelp, envName, OPTION_NAMES, OPTION_TEXTS } from './engine-options';
import { metricsConfigOf } from './metrics-config';
import { parseEngineOptions } from './parse-engine-options';
import { resourceLimitsOf } from './rate-limit';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-options-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parse = (argv: readonly string[], env: Record<string, string> = {}, defaults = {}): EngineOptions => {
  const result = parseEngineOptions({
    argv,
    env,
    defaults: { dataPath: '/data', ...defaults },
    cwd: '/work',
  });
  if ('help' in result) throw new Error('help');
  return result.options;
};
const faultsOf = (argv: readonly string[], env: Record<string, string> = {}): string => {
  try {
    parse(argv, env);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('INVALID_ARGUMENT');
    return (error as EngineError).message;
  }
  throw new Error('accepted');
};
const jsonFile = (content: unknown): string => {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('engine options', () => {
  it('take the settings of the metrics in several words or in one, and refuse what Triton has and we have not', () => {
    const words = ['--metrics-config', 'summary_latencies=true', '--metrics-config=counter_latencies=false'];
    expect(parse(words).metricsConfig).toEqual(['summary_latencies=true', 'counter_latencies=false']);
    expect(metricsConfigOf(['summary_latencies=true', 'counter_latencies=false'])).toEqual({
      counterLatencies: false,
      summaryLatencies: true,
      histogramLatencies: false,
    });
    expect(
      metricsConfigOf(['histogram_latencies=true', 'histogram_latencies=false']).histogramLatencies,
    ).toBe(false);
    expect(parse(['--no-metrics']).metrics).toBe(false);
    expect(() => parse(['--metrics-config', 'summary_quantiles=0.5:0.05'])).toThrow(
      /--metrics-config: .*must be one of counter_latencies=true/,
    );
  });

  it('take what there is of resources, for each device or one, and only with the rate limiter', () => {
    const on = ['--rate-limit', 'execution_count', '--rate-limit-resource'];
    const { rateLimit, rateLimitResources } = parse([
      ...on,
      'R1:10',
      '--rate-limit-resource=R2:5:0,R2:8:cpu',
    ]);
    expect(rateLimit).toBe('execution_count');
    expect(resourceLimitsOf(rateLimitResources)).toEqual([
      { name: 'R1', count: 10, device: null },
      { name: 'R2', count: 5, device: 'gpu:0' },
      { name: 'R2', count: 8, device: 'cpu' },
    ]);
    for (const word of ['R1', 'R1:', ':4', 'R1:-1', 'R1:4294967296', 'R1:1:', 'R1:x'])
      expect(faultsOf([...on, word])).toMatch(/--rate-limit-resource.*NAME:COUNT/);
    expect(faultsOf(['--rate-limit', 'sometimes'])).toContain('--rate-limit');
    expect(faultsOf(['--rate-limit-resource', 'R:1'])).toContain('only with --rate-limit execution_count');
  });

  it('have defaults for everything', () => {
    expect(parse([])).toEqual({
      host: '127.0.0.1',
      httpPort: 8000,
      grpcPort: 8001,
      metricsPort: 8002,
      controlPort: 8003,
      metrics: true,
      metricsConfig: [],
      memoryBudget: [],
      rateLimit: 'off',
      rateLimitResources: [],
      repositoryPath: '/data/models',
      dataPath: '/data',
      starterModelsPath: null,
      modelControl: 'poll',
      repositoryPollSecs: 2,
      loadModels: [],
      exitOnError: false,
      strictReadiness: true,
      rendererPath: null,
      maxRequestBytes: 256 * 1024 * 1024,
      grpcMaxResponseBytes: 2_147_483_647,
      drainTimeoutMs: 30_000,
      logLevel: 'info',
      controlToken: null,
      allowNetwork: false,
      allowedHosts: [],
    });
  });

  it('ignore what is no option in the caller’s record', () => {
    expect(parse([], {}, { pageOrigin: 'app://x', rendererPath: '/r' }).rendererPath).toBe('/r');
  });

  it('are frozen', () => {
    const options = parse([]);
    expect(() => Object.assign(options, { host: 'x' })).toThrow();
    expect(() => (options.allowedHosts as string[]).push('x')).toThrow();
  });

  it('take the command line before the environment, that before the file, that before the caller’s defaults', () => {
    const file = jsonFile({ httpPort: 3, grpcPort: 3, metricsPort: 5 });
    const options = parse(
      ['--config', file, '--http-port=1'],
      { FERRY_HTTP_PORT: '2', FERRY_GRPC_PORT: '2' },
      { httpPort: 4, grpcPort: 4, metricsPort: 4, controlPort: 4 },
    );
    expect([options.httpPort, options.grpcPort, options.metricsPort, options.controlPort]).toEqual([
      1, 2, 5, 4,
    ]);
  });

  it('spread --port over the four doors, except those that are named', () => {
    const options = parse(['--port', '9000', '--control-port', '7777']);
    expect([options.httpPort, options.grpcPort, options.metricsPort, options.controlPort]).toEqual([
      9000, 9001, 9002, 7777,
    ]);
    const free = parse([], { FERRY_PORT: '0' });
    expect([free.httpPort, free.grpcPort, free.metricsPort, free.controlPort]).toEqual([0, 0, 0, 0]);
    expect(parse(['--config', jsonFile({ port: 9100 })]).controlPort).toBe(9103);
  });

  it('resolve paths, read sizes with units, lists and switches', () => {
    const options = parse(
      [
        'serve',
        '--repository',
        'models',
        '--max-request-bytes',
        '1GiB',
        '--allowed-host',
        'a.example',
        '--allowed-host=b,c',
      ],
      { FERRY_ALLOW_NETWORK: 'yes' },
    );
    expect(options.repositoryPath).toBe(resolve('/work/models'));
    expect(options.maxRequestBytes).toBe(1024 ** 3);
    expect(options.allowedHosts).toEqual(['a.example', 'b', 'c']);
    expect(options.allowNetwork).toBe(true);
    expect(parse(['--no-allow-network'], { FERRY_ALLOW_NETWORK: '1' }).allowNetwork).toBe(false);
  });

  it('report all faults at once, each with the name by which it was given', () => {
    const message = faultsOf(['--htp-port', '1', 'extra', '--log-level', 'loud', '--repository'], {
      FERRY_CONTROL_PORT: '70000',
    });
    expect(message).toMatch(/^6 options are wrong:/);
    expect(message).toContain('--htp-port is not an option. Did you mean "--http-port"?');
    expect(message).toContain('"extra" is not an option');
    expect(message).toContain('--log-level: "loud" is not allowed');
    expect(message).toContain('--repository needs a value');
    expect(message).toContain('FERRY_CONTROL_PORT: 70000 is not allowed');
  });

  it('refuse to listen beyond this machine unless told to', () => {
    expect(faultsOf(['--host', '0.0.0.0'])).toContain('Add --allow-network');
    expect(parse(['--host', '0.0.0.0', '--allow-network']).host).toBe('0.0.0.0');
    for (const host of ['localhost', '::1', '127.0.0.2']) expect(parse(['--host', host]).host).toBe(host);
    expect(faultsOf(['--host', 'http://x'])).toContain('--host');
  });

  it('refuse two doors on one port', () => {
    expect(faultsOf(['--http-port', '8003'])).toContain('port 8003 is that of --http-port already');
  });

  it('never repeat the token', () => {
    expect(faultsOf(['--control-token', 'hunter2 secret'])).not.toContain('hunter2');
  });

  it('refuse files that are not there, not JSON, not an object or hold unknown names', () => {
    expect(faultsOf(['--config', join(folder, 'none.json')])).toContain('cannot be used');
    expect(faultsOf(['--config', jsonFile('{,}')])).toContain('cannot be used');
    expect(faultsOf(['--config', jsonFile([1])])).toContain('one object');
    expect(faultsOf(['--config', jsonFile({ httpport: 1 })])).toContain('Did you mean "httpPort"?');
    expect(faultsOf(['--config', jsonFile({ httpPort: '1' })])).toContain('"httpPort" in');
  });

  it('show a help that names every option, its variable and its default', () => {
    const result = parseEngineOptions({ argv: ['--help', '--nonsense'], env: {} });
    expect(result).toEqual({ help: engineHelp() });
    for (const name of OPTION_NAMES) {
      expect(engineHelp()).toContain(`--${OPTION_TEXTS[name].flag}`);
      expect(engineHelp()).toContain(`[${envName(OPTION_TEXTS[name].flag)}]`);
    }
    expect(engineHelp()).toContain('(default: 8000)');
  });

  it('keep data where each system keeps it', () => {
    expect(defaultDataPath('linux', {}, '/home/a')).toBe('/home/a/.local/share/ferry');
    expect(defaultDataPath('linux', { XDG_DATA_HOME: '/x' }, '/home/a')).toBe('/x/ferry');
    expect(defaultDataPath('linux', { XDG_DATA_HOME: 'relative' }, '/home/a')).toBe(
      '/home/a/.local/share/ferry',
    );
    expect(defaultDataPath('darwin', {}, '/Users/a')).toBe('/Users/a/Library/Application Support/Ferry');
    expect(defaultDataPath('win32', { APPDATA: 'C:\\A' }, 'C:\\U')).toBe('C:\\A\\Ferry');
  });
});

describe('model control', () => {
  it("is understood in Triton's spellings", () => {
    const words = [
      '--model-control-mode=explicit',
      '--model-store',
      '/m',
      '--load-model=a',
      '--load-model',
      'b',
    ];
    expect(parse([...words, '--strict-readiness=false', '--exit-on-error=true'])).toMatchObject({
      modelControl: 'explicit',
      repositoryPath: '/m',
      loadModels: ['a', 'b'],
      strictReadiness: false,
      exitOnError: true,
    });
    expect(parse(['--no-strict-readiness', '--exit-on-error'])).toMatchObject({
      strictReadiness: false,
      exitOnError: true,
    });
  });

  it('names models to load only where the operator decides what is loaded', () => {
    expect(faultsOf(['--load-model', 'a'])).toMatch(
      /--load-model: only with --model-control explicit; it is poll/,
    );
    expect(parse(['--load-model', '*', '--model-control', 'explicit']).loadModels).toEqual(['*']);
  });

  it('refuses other modes, names that are paths and switches with other values', () => {
    expect(faultsOf(['--model-control', 'all'])).toMatch(/--model-control: "all" is not allowed/);
    expect(faultsOf(['--model-control', 'explicit', '--load-model', '../a'])).toMatch(
      /--load-model: .*"\.\.\/a"/,
    );
    expect(faultsOf(['--exit-on-error=maybe'])).toMatch(/--exit-on-error takes no value but true or false/);
    expect(faultsOf(['--no-exit-on-error=true'])).toMatch(/--no-exit-on-error takes no value/);
  });
});
