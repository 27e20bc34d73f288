import { EngineError, invalid, type LogSwitches } from '../base';
import type { LogLevel } from '../contract';
import type { LogSettings, SettingsChange } from '../inference';
import { shownSetting, unknownSetting } from './setting-errors';

const LARGEST_VERBOSITY = 2 ** 32 - 1;

/** Which level of our log a setting turns on and off. */
const SWITCHED: Readonly<Record<string, LogLevel>> = {
  log_info: 'info',
  log_warning: 'warn',
  log_error: 'error',
};

/** The logging extension: acts on what the engine writes to its log, from the next entry on. */
export class LogBook {
  readonly #switches: LogSwitches;
  readonly #atStart: LogSettings;
  #settings: LogSettings;

  constructor(switches: LogSwitches) {
    this.#switches = switches;
    this.#atStart = {
      log_file: '',
      log_info: switches.isOn('info'),
      log_warning: switches.isOn('warn'),
      log_error: switches.isOn('error'),
      log_verbose_level: switches.isOn('debug') ? 1 : 0,
      log_format: 'default',
    };
    this.#settings = this.#atStart;
  }

  settings(): LogSettings {
    return this.#settings;
  }

  /**
   * Takes all of a change or none of it; null takes a setting back to what the engine was started with. A verbose level above 0
   * turns on the debug entries. Throws INVALID_ARGUMENT naming setting, value and limit, UNSUPPORTED for file and format.
   */
  update(change: SettingsChange): LogSettings {
    const next: Record<string, unknown> = { ...this.#settings };
    for (const [name, value] of change) {
      if (!Object.hasOwn(this.#atStart, name)) throw unknownSetting(name, Object.keys(this.#atStart));
      if (name === 'log_file')
        throw new EngineError('UNSUPPORTED', 'setting "log_file": cannot be changed over the network');
      next[name] = value === null ? this.#atStart[name as keyof LogSettings] : checked(name, value);
    }
    this.#settings = next as unknown as LogSettings;
    for (const [name, level] of Object.entries(SWITCHED)) this.#switches.set(level, next[name] === true);
    this.#switches.set('debug', this.#settings.log_verbose_level > 0);
    return this.#settings;
  }
}

function checked(name: string, value: unknown): unknown {
  if (name === 'log_format') {
    if (value === 'default') return value;
    throw new EngineError(
      'UNSUPPORTED',
      `setting "log_format": only "default" is supported, ${shownSetting(value)} was given`,
    );
  }
  if (name === 'log_verbose_level') {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_VERBOSITY)
      return value;
    throw invalid(
      `setting "log_verbose_level": must be a whole number from 0 to ${LARGEST_VERBOSITY}, ${shownSetting(value)} was given`,
    );
  }
  if (typeof value === 'boolean') return value;
  throw invalid(`setting "${name}": must be true or false, ${shownSetting(value)} was given`);
}
