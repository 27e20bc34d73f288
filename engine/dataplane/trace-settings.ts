import { EngineError, invalid } from '../base';
import type { SettingsChange, TraceSettings } from '../inference';
import { shownSetting, unknownSetting } from './setting-errors';

type Value = SettingsChange extends ReadonlyMap<string, infer Each> ? Each : never;

const DEFAULTS: TraceSettings = {
  trace_level: ['OFF'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_file: '',
  trace_mode: 'triton',
};
const LARGEST = 2 ** 31 - 1;

/** Settings of the server or of one model, and how far they have got. */
interface Scope {
  /** What was set here; the rest is the server's. */
  own: Partial<TraceSettings>;
  /** Requests seen since the rate was set. */
  seen: number;
  /** Traces still to be written; null: no end. */
  left: number | null;
}

/**
 * The trace extension: every `trace_rate`th request of a model whose `trace_level` is TIMESTAMPS is traced, `trace_count` times
 * (-1: without end). A model's settings stand before the server's; what a model does not set itself, it has from the server.
 */
export class TraceBook {
  readonly #server: Scope = { own: {}, seen: 0, left: null };
  readonly #models = new Map<string, Scope>();
  #isOn = false;

  /** False while nothing at all is traced: the cheap question, asked for every request. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** @param model null: the server */
  settings(model: string | null): TraceSettings {
    const { own, left } = this.#scopeOf(model);
    const settings = { ...DEFAULTS, ...this.#server.own, ...own };
    return left === null ? settings : { ...settings, trace_count: String(left) };
  }

  /**
   * Takes all of a change or none of it. Null takes a setting back: a model's to the server's, the server's to the default.
   * Throws INVALID_ARGUMENT naming setting, value and limit, UNSUPPORTED for what Ferry does not trace.
   */
  update(model: string | null, change: SettingsChange): TraceSettings {
    const before =
      model === null ? this.#server : (this.#models.get(model) ?? { own: {}, seen: 0, left: null });
    const own: Record<string, unknown> = { ...before.own };
    for (const [name, value] of change) {
      if (name === 'trace_file')
        throw new EngineError(
          'UNSUPPORTED',
          'setting "trace_file": cannot be changed over the network; traces are written to the engine\'s log',
        );
      if (!Object.hasOwn(DEFAULTS, name)) throw unknownSetting(name, Object.keys(DEFAULTS));
      if (value === null) delete own[name];
      else own[name] = CHECKS[name]?.(value);
    }
    const scope: Scope = { ...before, own };
    if (change.has('trace_rate')) scope.seen = 0;
    if (change.has('trace_count')) scope.left = countOf(scope.own.trace_count);
    this.#keep(model, scope);
    return this.settings(model);
  }

  /** Counts one request of a model. True: it is to be traced. */
  samples(model: string): boolean {
    const scope = this.#scopeOf(model);
    const { trace_level, trace_rate } = this.settings(model);
    if (!trace_level.includes('TIMESTAMPS') || scope.left === 0) return false;
    if (++scope.seen % Number(trace_rate) !== 0) return false;
    if (scope.left !== null) scope.left--;
    return true;
  }

  #scopeOf(model: string | null): Scope {
    return (model === null ? undefined : this.#models.get(model)) ?? this.#server;
  }

  #keep(model: string | null, scope: Scope): void {
    if (model === null) Object.assign(this.#server, scope);
    else if (Object.keys(scope.own).length === 0) this.#models.delete(model);
    else this.#models.set(model, scope);
    this.#isOn = [null, ...this.#models.keys()].some((name) =>
      this.settings(name).trace_level.includes('TIMESTAMPS'),
    );
  }
}

function countOf(setting: string | undefined): number | null {
  return setting === undefined || setting === '-1' ? null : Number(setting);
}

/** What a value must be, and the value as it is kept. */
const CHECKS: Readonly<Record<string, (value: Exclude<Value, null>) => unknown>> = {
  trace_level: levels,
  trace_rate: (value) => whole('trace_rate', value, 1),
  trace_count: (value) => whole('trace_count', value, -1),
  log_frequency: (value) => only('log_frequency', whole('log_frequency', value, 0), '0'),
  trace_mode: (value) => only('trace_mode', value, 'triton'),
};

function levels(value: Exclude<Value, null>): readonly string[] {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0)
    throw invalid(
      `setting "trace_level": must be a list of OFF, TIMESTAMPS, ${shownSetting(value)} was given`,
    );
  for (const level of list as readonly string[]) {
    if (level === 'TENSORS')
      throw new EngineError('UNSUPPORTED', 'setting "trace_level": TENSORS is not supported, TIMESTAMPS is');
    if (level !== 'OFF' && level !== 'TIMESTAMPS')
      throw invalid(`setting "trace_level": takes OFF and TIMESTAMPS, ${shownSetting(level)} was given`);
  }
  // As in Triton, OFF beside another level turns nothing off.
  const on = (list as readonly string[]).filter((level) => level !== 'OFF');
  return on.length > 0 ? [...new Set(on)] : ['OFF'];
}

function whole(name: string, value: Exclude<Value, null>, least: number): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= LARGEST) return String(number);
  throw invalid(
    `setting "${name}": must be a whole number from ${least} to ${LARGEST}, ${shownSetting(value)} was given`,
  );
}

function only(name: string, value: Exclude<Value, null>, supported: string): string {
  if (value === supported) return supported;
  throw new EngineError(
    'UNSUPPORTED',
    `setting "${name}": only ${JSON.stringify(supported)} is supported, ${shownSetting(value)} was given`,
  );
}
