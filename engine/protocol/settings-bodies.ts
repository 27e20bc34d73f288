import { invalid } from '../base';
import type { LogSettings, SettingsChange, TraceSettings } from '../inference';
import { readMembers } from './control-bodies';
import type { JsonScanner } from './json-scanner';

/** More than any settings extension has; a bound for what is kept of a body. */
const SETTING_LIMIT = 64;
const LIST_LIMIT = 16;

type Setting = SettingsChange extends ReadonlyMap<string, infer Value> ? Value : never;

/** Body of a change of trace or log settings: one flat object. Names and values are checked where they take effect. */
export function decodeSettings(body: Uint8Array): SettingsChange {
  const change = new Map<string, Setting>();
  readMembers(body, 'the settings', (scanner, key) => {
    if (change.size === SETTING_LIMIT)
      throw invalid(`more than ${SETTING_LIMIT} settings are given, which is the limit`);
    change.set(key, readSetting(scanner, `setting "${key}"`));
  });
  return change;
}

export function encodeTraceSettings(settings: TraceSettings): string {
  return JSON.stringify(settings);
}

export function encodeLogSettings(settings: LogSettings): string {
  return JSON.stringify(settings);
}

function readSetting(scanner: JsonScanner, label: string): Setting {
  if (scanner.atArrayStart()) {
    const list: string[] = [];
    scanner.readArray(label, (index) => {
      if (index === LIST_LIMIT)
        throw invalid(`${label}: has more than ${LIST_LIMIT} values, which is the limit`);
      list.push(scanner.readString(`${label}: an element`));
    });
    return list;
  }
  const value = scanner.readScalar(label);
  // Beyond what any setting takes; as a text it is refused by range and not by form.
  return typeof value === 'bigint' ? String(value) : value;
}
