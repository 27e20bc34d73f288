import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createOnnxSession } from '../backend';
import { EngineError } from '../base';
import { datatypeSchema } from '../contract';
import {
  doublingModel,
  identityModel,
  linearModel,
  ONNX_TYPE_OF,
  type OnnxGraph,
  type OnnxTensor,
  type OnnxValue,
  writeOnnx,
} from '../testing/onnx-writer';
import { temporaryFolder } from '../testing/temporary-folder';
import { type OnnxFacts, RUNTIME_LIMITS, readOnnxFile } from './onnx-file';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let files = 0;
const stored = (bytes: Uint8Array | string, name = 'model.onnx'): string =>
  folder.write({ [`${++files}/${name}`]: bytes });
const read = (bytes: Uint8Array): Promise<OnnxFacts> => readOnnxFile(stored(bytes));
const faultAt = async (path: string): Promise<EngineError> => {
  const error = await readOnnxFile(path).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
};
const faultOf = async (bytes: Uint8Array | string): Promise<string> => {
  const error = await faultAt(stored(bytes));
  expect(error.code).toBe('MODEL_INVALID');
  return error.message;
};
const value = (
  name: string,
  shape: OnnxValue['shape'],
  type: OnnxValue['type'] = 'FLOAT',
  container?: OnnxValue['container'],
): OnnxValue => (container ? { name, type, shape, container } : { name, type, shape });
const passing = (graph: Partial<OnnxGraph>): OnnxGraph => ({
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  inputs: [value('x', ['n', 2])],
  outputs: [value('y', ['n', 2])],
  ...graph,
});
const session = (path: string) =>
  createOnnxSession({
    backend: 'onnxruntime',
    modelPath: path,
    executionProviders: ['cpu'],
    intraOpThreads: 1,
  });

describe('facts of an ONNX file', () => {
  it('are what the file says', async () => {
    const weights = new Float32Array(6);
    const facts = await read(linearModel(2, 3, weights).file);
    expect(facts).toMatchObject({
      irVersion: 8,
      opsets: [{ domain: '', version: 17 }],
      producer: 'ferry-test',
      nodeCount: 1,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], dimNames: ['batch', null], optional: false }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3], dimNames: ['batch', null], optional: false }],
      weightBytes: 24,
      externalFiles: [],
      batchable: true,
    });
    expect([...facts.operators]).toEqual([['MatMul', 1]]);
  });

  it('do not count inputs that have a default in the file', async () => {
    const facts = await read(
      writeOnnx({
        graph: passing({
          inputs: [value('x', ['n', 2]), value('w', [2]), value('s', [2])],
          initializers: [{ name: 'w', type: 'FLOAT', dims: [2], rawData: new Uint8Array(8) }],
          sparseInitializers: [
            {
              values: { name: 's', type: 'FLOAT', dims: [1], rawData: new Uint8Array(4) },
              indices: { name: '', type: 'INT64', dims: [1], rawData: new Uint8Array(8) },
            },
          ],
        }),
      }),
    );
    expect(facts.inputs.map((input) => input.name)).toEqual(['x']);
  });

  it('tell open dimensions, with and without a name, from fixed ones and scalars from tensors without a shape', async () => {
    const facts = await read(
      writeOnnx({
        graph: passing({ inputs: [value('x', ['batch', null, 0, 7]), value('s', []), value('u', null)] }),
      }),
    );
    expect(facts.inputs.map((input) => input.shape)).toEqual([[-1, -1, 0, 7], [], []]);
    expect(facts.inputs[0]?.dimNames).toEqual(['batch', null, null, null]);
    expect(facts.unranked).toEqual(['u']);
  });

  it('count nodes and operators of subgraphs and functions', async () => {
    const branch = passing({ inputs: [], nodes: [{ op: 'Conv', inputs: [], outputs: ['z'] }] });
    const facts = await read(
      writeOnnx({
        graph: passing({
          nodes: [
            {
              op: 'If',
              inputs: ['c'],
              outputs: ['y'],
              attributes: [
                { name: 'then_branch', graph: branch },
                { name: 'more', graphs: [branch] },
              ],
            },
          ],
        }),
        functions: [{ nodes: [{ op: 'Gelu', domain: 'my', inputs: [], outputs: [] }] }],
      }),
    );
    expect([...facts.operators].sort()).toEqual([
      ['Conv', 2],
      ['If', 1],
      ['my.Gelu', 1],
    ]);
    expect(facts.nodeCount).toBe(4);
  });

  it('are read without reading the weights of a file of gigabytes', async () => {
    // The weights are a hole in the file: 1.9 GB that take no room and, were they read, much time and memory.
    const bytes = 1_900_000_000;
    const head = writeOnnx({ graph: passing({}) });
    const tag = (field: number, wire: number): number[] => [(field << 3) | wire];
    const varint = (n: number): number[] =>
      n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))];
    // A second graph message, which protobuf merges with the first, with one initializer: dims, data_type, raw_data.
    const tensorHead = [...tag(1, 0), ...varint(bytes), ...tag(2, 0), 2, ...tag(9, 2), ...varint(bytes)];
    const tensor = [...tag(5, 2), ...varint(tensorHead.length + bytes), ...tensorHead];
    const path = stored(
      Buffer.concat([head, Buffer.from([...tag(7, 2), ...varint(tensor.length + bytes), ...tensor])]),
    );
    truncateSync(path, head.length + 1 + varint(tensor.length + bytes).length + tensor.length + bytes);
    const before = process.memoryUsage().rss;
    const facts = await readOnnxFile(path);
    expect(facts.weightBytes).toBe(bytes);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

describe('datatypes', () => {
  it.each(datatypeSchema.options.filter((datatype) => datatype !== 'BF16'))(
    '%s is read, and the runtime loads and agrees',
    async (datatype) => {
      for (const bytes of [
        identityModel([{ datatype, shape: ['n', 3] }]),
        doublingModel(datatype, ['n', 3]),
      ]) {
        const path = stored(bytes);
        expect((await readOnnxFile(path)).inputs[0]?.datatype).toBe(datatype);
        const loaded = await session(path);
        await loaded.close?.();
      }
    },
  );

  it('BF16 at the edge of the graph is refused here, because the runtime’s binding refuses it', async () => {
    const path = stored(identityModel([{ datatype: 'BF16', shape: ['n', 3] }]));
    expect((await faultAt(path)).message).toContain('input "x" is BFLOAT16');
    await expect(session(path)).rejects.toThrow(/Unsupported data type: 16/);
  });

  it.each(['COMPLEX64', 'FLOAT8E4M3FN', 'UINT4', 'INT4'] as const)(
    '%s is refused by its name',
    async (type) => {
      expect(await faultOf(writeOnnx({ graph: passing({ inputs: [value('x', ['n'], type)] }) }))).toContain(
        `input "x" has elements of type ${type}`,
      );
    },
  );

  it.each(['sequence', 'map', 'optional', 'sparse'] as const)(
    'a %s is refused by its name',
    async (container) => {
      expect(
        await faultOf(writeOnnx({ graph: passing({ outputs: [value('y', ['n'], 'FLOAT', container)] }) })),
      ).toMatch(new RegExp(`output "y" is an? ${container}`));
    },
  );
});

describe('files that cannot be served', () => {
  it.each([
    ['hello world, this is text', 'not an ONNX file'],
    ['', 'the file is empty'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:1', 'a Git LFS pointer'],
    ['PK\x03\x04rest of a zip', 'a zip archive'],
    ['<!DOCTYPE html><html>', 'a web page'],
    ['\x08\x08', 'not an ONNX file: it has no graph'],
  ])('%j', async (text, expected) => {
    const message = await faultOf(text);
    expect(message).toContain('"model.onnx"');
    expect(message).toContain(expected);
  });

  it('name a missing file and a folder', async () => {
    expect((await faultAt(join(folder.path, 'none.onnx'))).code).toBe('NOT_FOUND');
    expect((await faultAt(folder.path)).code).toBe('MODEL_INVALID');
  });

  it('are refused beyond the limits of the runtime, which are where the runtime has them', async () => {
    const model = (irVersion: number, domain: string, version: number) =>
      identityModel([{ datatype: 'FP32', shape: ['n'] }], {
        irVersion,
        opsets: [
          { domain: '', version: 17 },
          { domain, version },
        ].slice(domain === '' ? 1 : 0),
      });
    for (const [domain, limit] of Object.entries(RUNTIME_LIMITS.opset)) {
      const allowed = stored(model(8, domain, limit));
      await expect(readOnnxFile(allowed)).resolves.toBeTruthy();
      await expect(session(allowed)).resolves.toBeTruthy();
      const beyond = stored(model(8, domain, limit + 1));
      expect((await faultAt(beyond)).message).toContain(
        `opset ${limit + 1} of domain "${domain || 'ai.onnx'}"; this build supports up to ${limit}`,
      );
      await expect(session(beyond)).rejects.toThrow();
    }
    const newest = RUNTIME_LIMITS.irVersion;
    await expect(session(stored(model(newest, '', 17)))).resolves.toBeTruthy();
    await expect(session(stored(model(newest + 1, '', 17)))).rejects.toThrow();
    expect(await faultOf(model(newest + 1, '', 17))).toContain(
      `IR version ${newest + 1}; this build supports up to ${newest}`,
    );
    expect(await faultOf(identityModel([{ datatype: 'FP32', shape: ['n'] }], { opsets: [] }))).toContain(
      'names no opset',
    );
  });

  it('are refused when a tensor’s bytes do not fit its shape', async () => {
    const tensor: OnnxTensor = { name: 'w', type: 'FLOAT', dims: [2, 3], rawData: new Uint8Array(20) };
    expect(await faultOf(writeOnnx({ graph: passing({ initializers: [tensor] }) }))).toContain(
      'initializer "w" is FLOAT [2, 3], which takes 24 bytes, but 20',
    );
  });

  it('are refused when nested without end', async () => {
    let graph = passing({});
    for (let i = 0; i < 60; i++)
      graph = passing({
        nodes: [{ op: 'If', inputs: [], outputs: ['y'], attributes: [{ name: 'then_branch', graph }] }],
      });
    expect(await faultOf(writeOnnx({ graph }))).toContain('nested deeper than 100');
  });
});

describe('external data', () => {
  const inside = (external: OnnxTensor['external']): OnnxTensor => ({
    name: 'w',
    type: 'FLOAT',
    dims: [2],
    ...(external ? { external } : {}),
  });
  const at = (location: string): OnnxTensor['external'] => [['location', location]];
  const withInitializer = (external: OnnxTensor['external']) =>
    writeOnnx({ graph: passing({ initializers: [inside(external)] }) });

  it('beside the file or below it is found, counted and named', async () => {
    const { file, externalData } = linearModel(2, 3, new Float32Array(6), 'data/w.bin');
    const path = folder.write({ 'external/model.onnx': file, 'external/data/w.bin': externalData ?? '' });
    const facts = await readOnnxFile(path);
    expect(facts.externalFiles).toEqual([{ path: 'data/w.bin', sizeBytes: 24 }]);
    expect(facts.weightBytes).toBe(24);
    expect(facts.fileSizeBytes).toBe(file.byteLength + 24);
    await expect(session(path)).resolves.toBeTruthy();
  });

  it.each([
    ['../secret', 'lies outside'],
    ['a/../../secret', 'lies outside'],
    ['a\\..\\..\\secret', 'lies outside'],
    ['/etc/passwd', 'an absolute path'],
    ['C:\\windows\\win.ini', 'an absolute path'],
    ['\\\\server\\share', 'an absolute path'],
    ['none.bin', 'is not there'],
    ['.', 'lies outside'],
    ['*/_ORT_MEM_ADDR_/*', 'is not a file name'],
    ['', 'does not say which'],
  ])('at %j is refused', async (location, expected) => {
    const message = await faultOf(withInitializer(at(location)));
    expect(message).toContain('initializer "w"');
    expect(message).toContain(expected);
  });

  it('is refused through a symbolic link, a linked folder and a hard link', async () => {
    const secret = folder.write({ 'elsewhere/secret': 'xxxxxxxx' });
    const place = join(folder.path, 'links');
    mkdirSync(place);
    symlinkSync(secret, join(place, 'soft'));
    symlinkSync(join(folder.path, 'elsewhere'), join(place, 'folder'));
    linkSync(secret, join(place, 'hard'));
    for (const [location, expected] of [
      ['soft', 'symbolic link'],
      ['folder/secret', 'symbolic link'],
      ['hard', 'a hard link'],
    ] as const) {
      writeFileSync(join(place, 'model.onnx'), withInitializer(at(location)));
      expect((await faultAt(join(place, 'model.onnx'))).message).toContain(expected);
    }
  });

  it('is refused beyond the end of its file, with nonsense for numbers and when stated twice', async () => {
    const check = async (external: OnnxTensor['external'], expected: string) => {
      const path = folder.write({
        [`${++files}/model.onnx`]: withInitializer(external),
        [`${files}/w.bin`]: new Uint8Array(8),
      });
      expect((await faultAt(path)).message).toContain(expected);
    };
    await check(
      [
        ['location', 'w.bin'],
        ['offset', '4'],
        ['length', '8'],
      ],
      'bytes 4 to 12 of "w.bin", but the file has 8',
    );
    await check(
      [
        ['location', 'w.bin'],
        ['offset', '9'],
      ],
      'bytes 9 to 9',
    );
    await check(
      [
        ['location', 'w.bin'],
        ['offset', '-4'],
      ],
      'offset "-4" is not a whole number',
    );
    await check(
      [
        ['location', 'w.bin'],
        ['length', '99999999999999999999'],
      ],
      'is not a whole number',
    );
    await check(
      [
        ['location', 'w.bin'],
        ['location', '../x'],
      ],
      'states "location" twice',
    );
  });

  const bad = inside(at('../secret'));
  const good: OnnxTensor = { name: '', type: 'INT64', dims: [1], rawData: new Uint8Array(8) };
  const node = (
    attribute: NonNullable<OnnxGraph['nodes'][number]['attributes']>[number],
  ): Partial<OnnxGraph> => ({
    nodes: [{ op: 'Constant', inputs: [], outputs: ['y'], attributes: [attribute] }],
  });
  it.each<[string, Parameters<typeof writeOnnx>[0]]>([
    [
      'a sparse initializer’s values',
      { graph: passing({ sparseInitializers: [{ values: bad, indices: good }] }) },
    ],
    [
      'a sparse initializer’s indices',
      { graph: passing({ sparseInitializers: [{ values: good, indices: bad }] }) },
    ],
    ['a node’s attribute', { graph: passing(node({ name: 'value', tensor: bad })) }],
    ['a list of tensors', { graph: passing(node({ name: 'value', tensors: [good, bad] })) }],
    [
      'a sparse attribute',
      { graph: passing(node({ name: 'sparse_value', sparseTensor: { values: bad, indices: good } })) },
    ],
    ['a subgraph', { graph: passing(node({ name: 'body', graph: passing({ initializers: [bad] }) })) }],
    [
      'a list of subgraphs',
      { graph: passing(node({ name: 'bodies', graphs: [passing(node({ name: 'value', tensor: bad }))] })) },
    ],
    [
      'a function',
      { graph: passing({}), functions: [{ nodes: passing(node({ name: 'value', tensor: bad })).nodes }] },
    ],
  ])('is found in %s', async (_where, model) => {
    expect(await faultOf(writeOnnx(model))).toContain('lies outside the model');
  });
});

describe('damaged files', () => {
  const whole = writeOnnx({
    graph: passing({
      nodes: [
        {
          op: 'If',
          inputs: ['x'],
          outputs: ['y'],
          attributes: [
            { name: 'then_branch', graph: passing({}) },
            { name: 'axes', ints: [1, 2] },
          ],
        },
      ],
      initializers: [{ name: 'w', type: 'FLOAT', dims: [64], rawData: new Uint8Array(256) }],
    }),
  });

  it('cut at any place are refused as MODEL_INVALID, inside the graph as truncated', async () => {
    for (let part = 0; part < 50; part++) {
      const length = Math.floor((whole.length * part) / 50);
      const error = await faultAt(stored(whole.subarray(0, length)));
      expect(error.code).toBe('MODEL_INVALID');
      if (length > 40 && length < whole.length - 10)
        expect(error.message).toContain(`truncated: the file ends at byte ${length}`);
    }
  });

  it('with flipped bytes give facts or MODEL_INVALID, nothing else', async () => {
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, mask] of changes) bytes[at] = (bytes[at] ?? 0) ^ mask;
        const path = folder.write({ 'flipped/model.onnx': bytes });
        const result = await readOnnxFile(path).catch((error: unknown) => error);
        if (result instanceof Error)
          expect(result).toMatchObject({ name: 'EngineError', code: 'MODEL_INVALID' });
      }),
      { numRuns: 400 },
    );
  });

  it('of random bytes behind a true beginning are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (noise) => {
        const path = folder.write({ 'noise/model.onnx': Buffer.concat([whole.subarray(0, 20), noise]) });
        await expect(readOnnxFile(path)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
      }),
      { numRuns: 200 },
    );
  });
});

it('has a wire datatype for every ONNX type that it maps', () => {
  expect(Object.keys(ONNX_TYPE_OF).sort()).toEqual([...datatypeSchema.options].sort());
});
