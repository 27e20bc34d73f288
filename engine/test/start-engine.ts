import { join } from 'node:path';
import { parseEngineOptions } from '../config';
import type { LogEntry, ModelCounters } from '../contract';
import { createEngine, type Engine } from '../engine';
import type { ServedModel } from '../models';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { type ControlClient, connectControl } from './control-client';
import { HttpClient } from './http-client';

export interface TestEngineOptions {
  /** Files of the repository by relative path: "m/1/model.onnx". */
  readonly models?: Readonly<Record<string, string | Uint8Array>>;
  /** Further command-line options. */
  readonly argv?: readonly string[];
  /** Folder of an engine before; it is not removed by `close` then. */
  readonly folder?: TemporaryFolder;
}

/** A whole engine with its doors open on free ports, in a folder of its own. */
export interface TestEngine {
  readonly engine: Engine;
  readonly folder: TemporaryFolder;
  readonly repositoryPath: string;
  readonly http: HttpClient;
  readonly control: ControlClient;
  readonly logs: readonly LogEntry[];
  counters(model: string): ModelCounters;
  served(model: string, version?: string): ServedModel;
  /** Writes into the repository. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  close(): Promise<void>;
}

export async function startEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const folder = options.folder ?? temporaryFolder();
  const write = (files: Readonly<Record<string, string | Uint8Array>>): void => {
    folder.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`models/${name}`, text])));
  };
  folder.write({ 'models/.keep': '' });
  write(options.models ?? {});
  const repositoryPath = join(folder.path, 'models');
  const engine = createEngine(optionsOf(folder.path, options.argv ?? []));
  const logs: LogEntry[] = [];
  engine.onLog((entry) => logs.push(entry));
  const remove = (): void => (options.folder ? undefined : folder.remove());
  try {
    await engine.start();
  } catch (error) {
    remove();
    throw error;
  }
  const door = engine.status.http;
  if (!door) throw new Error('the HTTP door is not open');
  const http = new HttpClient(door.host, door.port);
  const control = connectControl(engine.controlUrl, engine.controlToken);
  return {
    engine,
    folder,
    repositoryPath,
    http,
    control,
    logs,
    write,
    counters: (model) => {
      const found = engine.registry.counters().find((counters) => counters.name === model);
      if (!found) throw new Error(`no counters of ${model}`);
      return found;
    },
    served: (model, version) => engine.registry.served(model, version ?? null),
    close: async () => {
      await control.close();
      http.close();
      await engine.stop('the test is over');
      remove();
    },
  };
}

export function optionsOf(folder: string, argv: readonly string[]) {
  const parsed = parseEngineOptions({
    argv: [
      ...['--port', '0', '--repository', join(folder, 'models'), '--data-dir', join(folder, 'data')],
      ...['--log-level', 'info', ...argv],
    ],
    env: {},
    defaults: { rendererPath: null },
  });
  if (!('options' in parsed)) throw new Error('help was asked for');
  return parsed.options;
}
