import { invalid } from '../base';
import type { LoadOverride, RepositoryIndexEntry } from '../inference';
import { decodeBase64 } from './base64';
import { JsonScanner } from './json-scanner';

/** Files that one load request can bring. */
export const LOAD_FILE_LIMIT = 256;
const PATH_CHARACTERS = 512;
const FILE_PREFIX = 'file:';
/** A path below the model's folder: no empty, hidden or parent segment, so that it cannot leave the folder. */
const SAFE_PATH = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;
const SHOWN_CHARACTERS = 60;

/** Body of `POST /v2/repository/index`: whether only ready models are wanted. An empty body asks for all. */
export function decodeIndexRequest(body: Uint8Array): boolean {
  let ready = false;
  readMembers(body, 'the index request', (scanner, key) => {
    if (key === 'ready') ready = scanner.readBoolean('ready');
    else scanner.skipValue();
  });
  return ready;
}

export function encodeRepositoryIndex(entries: readonly RepositoryIndexEntry[]): string {
  // A model that was never loaded has no version and no state; Triton leaves the fields out.
  return JSON.stringify(
    entries.map(({ name, version, state, reason }) => ({
      name,
      ...(version === '' ? {} : { version }),
      ...(state === '' ? {} : { state }),
      ...(reason === '' ? {} : { reason }),
    })),
  );
}

/**
 * Body of `POST /v2/repository/models/{model}/load`; empty for a plain load. `parameters` may hold `config` (a ModelConfig as JSON
 * text) and, only beside it, `file:<path>` (base64). Throws INVALID_ARGUMENT naming the key and the limit.
 */
export function decodeLoadRequest(body: Uint8Array): LoadOverride {
  const override = new LoadOverrideBuilder();
  readParameters(body, 'the load request', (scanner, key) => {
    const label = `parameter "${key}"`;
    if (key === 'config') override.setConfig(scanner.readString(label));
    else override.addFile(key, decodeBase64(scanner.readStringBytes(label), label));
  });
  return override.build();
}

/** Body of `POST /v2/repository/models/{model}/unload`. Without ensembles there are no dependents: the parameter changes nothing. */
export function checkUnloadRequest(body: Uint8Array): void {
  readParameters(body, 'the unload request', (scanner, key) => {
    checkUnloadParameter(key);
    scanner.readBoolean('parameter "unload_dependents"');
  });
}

/** Throws INVALID_ARGUMENT for a parameter that an unload request does not take. */
export function checkUnloadParameter(key: string): void {
  if (key !== 'unload_dependents') throw unknownParameter(key, 'unload_dependents');
}

/** Puts the parameters of a load request together, whatever door they came through. */
export class LoadOverrideBuilder {
  #configJson: string | null = null;
  readonly #files = new Map<string, Uint8Array>();

  setConfig(json: string): void {
    this.#configJson = json;
  }

  /** @param key the parameter's name, `file:<path in the model's folder>`; any other is refused */
  addFile(key: string, data: Uint8Array): void {
    if (!key.startsWith(FILE_PREFIX)) throw unknownParameter(key, 'config, file:<version>/<file name>');
    const path = key.slice(FILE_PREFIX.length);
    if (path.length > PATH_CHARACTERS || !SAFE_PATH.test(path)) {
      throw invalid(
        `parameter ${shown(key)}: must be "file:" and a path in the model's folder such as file:1/model.onnx, of at most ${PATH_CHARACTERS} letters, digits, ".", "_", "-" and "/"`,
      );
    }
    if (this.#files.size === LOAD_FILE_LIMIT)
      throw invalid(`a load request brings more than ${LOAD_FILE_LIMIT} files, which is the limit`);
    this.#files.set(path, data);
  }

  build(): LoadOverride {
    if (this.#configJson === null && this.#files.size > 0)
      throw invalid('parameter "config" is missing: files can be given only together with a configuration');
    return { configJson: this.#configJson, files: this.#files };
  }
}

function readParameters(
  body: Uint8Array,
  what: string,
  parameter: (scanner: JsonScanner, key: string) => void,
): void {
  readMembers(body, what, (scanner, key) => {
    if (key === 'parameters') scanner.readObject('parameters', (name) => parameter(scanner, name));
    else scanner.skipValue();
  });
}

/** Reads a body that is one JSON object, or empty. */
export function readMembers(
  body: Uint8Array,
  what: string,
  member: (scanner: JsonScanner, key: string) => void,
): void {
  if (body.byteLength === 0) return;
  const scanner = new JsonScanner(body);
  scanner.begin();
  scanner.readObject(what, (key) => member(scanner, key));
  scanner.finish();
}

function unknownParameter(key: string, known: string) {
  return invalid(`parameter ${shown(key)}: is not known here, it takes ${known}`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
