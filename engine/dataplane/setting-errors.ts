import { type EngineError, invalid } from '../base';

const SHOWN_CHARACTERS = 60;

/** A value of a setting for an error message, cut short. */
export function shownSetting(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

export function unknownSetting(name: string, known: readonly string[]): EngineError {
  return invalid(`setting ${shownSetting(name)}: does not exist, there are ${known.join(', ')}`);
}
