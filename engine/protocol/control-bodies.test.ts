import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import {
  checkUnloadRequest,
  decodeIndexRequest,
  decodeLoadRequest,
  encodeRepositoryIndex,
} from './control-bodies';
import { decodeSettings } from './settings-bodies';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('INVALID_ARGUMENT');
    return (error as EngineError).message;
  }
  throw new Error('it was not refused');
}

describe('a load request', () => {
  it('without a body, or without parameters, overrides nothing', () => {
    for (const body of [Buffer.alloc(0), bytes({}), bytes({ parameters: {} })])
      expect(decodeLoadRequest(body)).toEqual({ configJson: null, files: new Map() });
  });

  it('brings a configuration and files, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.string(), (file, config) => {
        const parameters = { config, 'file:1/model.onnx': Buffer.from(file).toString('base64') };
        const override = decodeLoadRequest(bytes({ parameters }));
        expect(override.configJson).toBe(config);
        expect([...(override.files.get('1/model.onnx') ?? [])]).toEqual([...file]);
      }),
    );
  });

  it('with files but no configuration is refused', () => {
    expect(refusal(() => decodeLoadRequest(bytes({ parameters: { 'file:1/model.onnx': '' } })))).toMatch(
      /"config" is missing/,
    );
  });

  it.each(['a', 'a=', 'ab', 'abc', 'ab=c', 'a===', '====', 'ab-_', 'abc\n', 'ab c', 'äääb', 'abcd='])(
    'refuses %j, which is not base64',
    (text) => {
      const parameters = { config: '{}', 'file:1/model.onnx': text };
      expect(refusal(() => decodeLoadRequest(bytes({ parameters })))).toMatch(/"file:1\/model.onnx".*base64/);
    },
  );

  it.each([
    'file:',
    'file:/etc/passwd',
    'file:../other/1/model.onnx',
    'file:1/../../x',
    'file:1//x',
    'file:1/.hidden',
    'file:1\\x',
    'file:C:x',
    'file:1/x/',
    'file:1/\u0000',
    `file:${'a'.repeat(600)}`,
  ])('refuses the path of %j', (key) => {
    expect(refusal(() => decodeLoadRequest(bytes({ parameters: { config: '{}', [key]: '' } })))).toMatch(
      /a path in the model's folder/,
    );
  });

  it('refuses other parameters, wrong types, and too many files', () => {
    expect(refusal(() => decodeLoadRequest(bytes({ parameters: { confg: '' } })))).toMatch(/"confg".*config/);
    expect(refusal(() => decodeLoadRequest(bytes({ parameters: { config: {} } })))).toMatch(
      /"config".*string/,
    );
    const files = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`file:1/f${i}`, '']));
    expect(refusal(() => decodeLoadRequest(bytes({ parameters: { config: '', ...files } })))).toMatch(
      /256 files/,
    );
  });
});

describe('an unload request', () => {
  it('may say what becomes of dependents, and nothing else', () => {
    checkUnloadRequest(Buffer.alloc(0));
    checkUnloadRequest(bytes({ parameters: { unload_dependents: false } }));
    expect(refusal(() => checkUnloadRequest(bytes({ parameters: { unload_dependents: 1 } })))).toMatch(
      /true or false/,
    );
    expect(refusal(() => checkUnloadRequest(bytes({ parameters: { other: true } })))).toMatch(/"other"/);
  });
});

describe('the index', () => {
  it('is asked for whole unless ready models are wanted', () => {
    expect(decodeIndexRequest(Buffer.alloc(0))).toBe(false);
    expect(decodeIndexRequest(bytes({}))).toBe(false);
    expect(decodeIndexRequest(bytes({ ready: true }))).toBe(true);
    expect(refusal(() => decodeIndexRequest(bytes({ ready: 'yes' })))).toMatch(/ready to be true or false/);
    expect(refusal(() => decodeIndexRequest(bytes([])))).toMatch(/index request to be an object/);
  });

  it('leaves out what a model that was never loaded does not have', () => {
    const text = encodeRepositoryIndex([
      { name: 'a', version: '1', state: 'READY', reason: '' },
      { name: 'b', version: '2', state: 'UNAVAILABLE', reason: 'unloaded' },
      { name: 'c', version: '', state: '', reason: '' },
    ]);
    expect(JSON.parse(text)).toEqual([
      { name: 'a', version: '1', state: 'READY' },
      { name: 'b', version: '2', state: 'UNAVAILABLE', reason: 'unloaded' },
      { name: 'c' },
    ]);
  });
});

describe('a change of settings', () => {
  it('is read as it stands', () => {
    const settings = {
      trace_level: ['TIMESTAMPS'],
      trace_rate: '5',
      log_verbose_level: 1,
      log_info: false,
      x: null,
    };
    expect(Object.fromEntries(decodeSettings(bytes(settings)))).toEqual(settings);
    expect(decodeSettings(Buffer.alloc(0)).size).toBe(0);
  });

  it.each([
    { a: {} },
    { a: [1] },
    { a: [['x']] },
    ['a'],
    'a',
    Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, 1])),
    { a: Array(17).fill('x') },
  ])('is refused for %j', (value) => {
    expect(refusal(() => decodeSettings(bytes(value)))).not.toBe('');
  });
});
