import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Datatype, datatypeSchema } from '../../contract';
import { ELEMENT_BYTES, elementCount, encodeBytesElements, type NamedTensor } from '../../tensor';
import { temporaryFolder } from '../../testing/temporary-folder';
import { readNpy, writeNpy } from './npy';

const tensors = fc
  .tuple(
    fc.constantFrom<Datatype>(...datatypeSchema.options.filter((datatype) => datatype !== 'BF16')),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  )
  .chain(([datatype, shape]): fc.Arbitrary<NamedTensor> => {
    const count = elementCount(shape);
    const bytes = ELEMENT_BYTES[datatype];
    const lengths = { minLength: count, maxLength: count };
    const word = fc.uint8Array({ maxLength: 5 }).filter((element) => element.at(-1) !== 0);
    const data =
      bytes === null
        ? fc.array(word, lengths).map(encodeBytesElements)
        : fc.uint8Array({ minLength: count * bytes, maxLength: count * bytes });
    return data.map((content) => ({ name: 'x', datatype, shape, data: content }));
  });

/** A file as NumPy writes it, of any header. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) size.writeUInt16LE(header.length);
  else size.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from(`\x93NUMPY`, 'latin1'),
    Buffer.from([version, 0]),
    size,
    Buffer.from(header),
    data,
  ]);
}

const header = (descr: string, shape: string, fortran = false): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }\n`;

describe('a .npy file', () => {
  test('comes back as it was written, whatever the datatype and the shape', () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        const { datatype, shape, data } = readNpy('f', writeNpy(tensor));
        expect({ datatype, shape, data: Buffer.from(data) }).toEqual({
          datatype: tensor.datatype,
          shape: tensor.shape,
          data: Buffer.from(tensor.data),
        });
      }),
    );
  });

  test('begins its data at a multiple of 64, as NumPy does', () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        const file = writeNpy(tensor);
        expect((10 + Buffer.from(file).readUInt16LE(8)) % 64).toBe(0);
      }),
    );
  });

  test('in Fortran order is read row-major', () => {
    // [[1, 2, 3], [4, 5, 6]] column by column.
    const data = Uint8Array.of(1, 4, 2, 5, 3, 6);
    expect([...readNpy('f', npy(header('|u1', '(2, 3)', true), data)).data]).toEqual([1, 2, 3, 4, 5, 6]);
    const wide = new Uint8Array(Float32Array.of(1, 3, 2, 4).buffer);
    const read = readNpy('f', npy(header('<f4', '(2, 2)', true), wide));
    expect([...new Float32Array(new Uint8Array(read.data).buffer)]).toEqual([1, 2, 3, 4]);
  });

  test('of versions 2 and 3 is read, and so are scalars and empty arrays', () => {
    for (const version of [1, 2, 3])
      expect(readNpy('f', npy(header('<i2', '(1,)'), Uint8Array.of(1, 2), version)).shape).toEqual([1]);
    expect(readNpy('f', npy(header('<i2', '()'), Uint8Array.of(1, 2))).shape).toEqual([]);
    expect(readNpy('f', npy(header('<i2', '(0, 3)'), new Uint8Array())).shape).toEqual([0, 3]);
  });

  test('of BF16 is written as FP32 with the same numbers', () => {
    const read = readNpy(
      'f',
      writeNpy({ name: 'x', datatype: 'BF16', shape: [1], data: Uint8Array.of(0x80, 0x3f) }),
    );
    expect(read.datatype).toBe('FP32');
    expect([...new Float32Array(new Uint8Array(read.data).buffer)]).toEqual([1]);
  });

  test.each([
    ['big-endian numbers', npy(header('>f4', '(1,)'), new Uint8Array(4)), /big-endian; .*a\.astype\("<f4"\)/],
    ['Unicode text', npy(header('<U3', '(1,)'), new Uint8Array(12)), /Unicode text; .*np\.char\.encode/],
    ['objects', npy(header('|O', '(1,)'), new Uint8Array(8)), /Python objects/],
    ['complex numbers', npy(header('<c8', '(1,)'), new Uint8Array(8)), /"<c8" has no counterpart/],
    [
      'records',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)),
      /records/,
    ],
    [
      'too little data',
      npy(header('<f4', '(2,)'), new Uint8Array(4)),
      /\[2\] of '<f4' needs 8 bytes, 4 follow/,
    ],
    ['too much data', npy(header('<f4', '(2,)'), new Uint8Array(9)), /needs 8 bytes, 9 follow/],
    ['a shape beyond counting', npy(header('<f4', '(9999999999, 9999999999)'), new Uint8Array(4)), /counted/],
    ['no header', npy('hello', new Uint8Array()), /lacks descr, fortran_order or shape/],
    ['another version', npy(header('<f4', '()'), new Uint8Array(4), 9), /version 9 is not known/],
    ['a cut header', npy(header('<f4', '()'), new Uint8Array()).subarray(0, 20), /ends within its header/],
    ['almost nothing', Buffer.from('\x93NUMPY\x01\x00\x05', 'latin1'), /ends within its header/],
    ['something else', Buffer.from('PK\x03\x04'), /no \.npy file/],
    ['nothing', new Uint8Array(), /no \.npy file/],
  ])('with %s is refused with the reason', (_what, file, message) => {
    expect(() => readNpy('f', file)).toThrow(message);
  });

  test('never does anything but read or refuse, whatever the bytes', () => {
    fc.assert(
      fc.property(
        tensors,
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
        (tensor, changes) => {
          const file = Uint8Array.from(writeNpy(tensor));
          for (const [at, byte] of changes) if (at < file.length) file[at] = byte;
          try {
            readNpy('f', file);
          } catch (error) {
            expect((error as Error).name).toBe('CliError');
          }
        },
      ),
    );
  });

  const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
  test.skipIf(!hasNumpy)('is one that NumPy reads, and what NumPy writes is read', () => {
    const folder = temporaryFolder();
    const [ours, theirs] = [join(folder.path, 'a.npy'), join(folder.path, 'b.npy')];
    writeFileSync(
      ours,
      writeNpy({ name: 'x', datatype: 'INT16', shape: [2, 2], data: Uint8Array.of(1, 0, 2, 0, 3, 0, 4, 0) }),
    );
    const script = `import numpy as n; a=n.load(${JSON.stringify(ours)}); n.save(${JSON.stringify(theirs)}, n.asfortranarray(a*2))`;
    expect(spawnSync('python3', ['-c', script], { encoding: 'utf8' }).stderr).toBe('');
    const read = readNpy('b', readFileSync(theirs));
    expect(read).toMatchObject({ datatype: 'INT16', shape: [2, 2] });
    expect([...read.data]).toEqual([2, 0, 4, 0, 6, 0, 8, 0]);
    folder.remove();
  });

  test('is not written for BYTES that NumPy would cut', () => {
    const data = encodeBytesElements([Uint8Array.of(65, 0)]);
    expect(() => writeNpy({ name: 'y', datatype: 'BYTES', shape: [1], data })).toThrow(
      /ends with a zero byte/,
    );
  });
});
