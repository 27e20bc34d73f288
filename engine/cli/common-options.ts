import type { Option } from './command';

/** Options of every command that asks an engine. */
export const ENGINE_OPTIONS: readonly Option[] = [
  {
    name: 'url',
    value: 'URL',
    summary: 'inference address of the engine, or of another server of the protocol [FERRY_URL]',
  },
  {
    name: 'data-dir',
    value: 'DIR',
    summary: 'data folder of the engine, if it is not the usual one [FERRY_DATA_DIR]',
    completes: 'folder',
  },
  {
    name: 'control-url',
    value: 'URL',
    summary: 'its control plane, with the token in FERRY_CONTROL_TOKEN [FERRY_CONTROL_URL]',
  },
];

/** Understood by every command. */
export const COMMON_OPTIONS: readonly Option[] = [
  { name: 'json', value: null, summary: 'one JSON document on standard output, for programs' },
  { name: 'help', value: null, summary: 'show this text' },
];
