import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { decodeImage, type Image, type ImageForm, imageValues } from './image';

/** Two pixels, red and a half transparent blue, over two that are grey and white. */
const RGBA = Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 128, 100, 100, 100, 255, 255, 255, 255, 255);
const image: Image = { width: 2, height: 2, rgba: RGBA };
const plain: ImageForm = { layout: 'nchw', channels: 3, height: 2, width: 2, scale: 1, mean: [0], std: [1] };

function png({ width, height, rgba }: Image): Uint8Array {
  const file = new PNG({ width, height });
  file.data = Buffer.from(rgba);
  return PNG.sync.write(file);
}

describe('a picture', () => {
  test('is read from PNG as it was', async () => {
    const read = await decodeImage('f', png(image));
    expect({ ...read, rgba: [...read.rgba] }).toEqual({ width: 2, height: 2, rgba: [...RGBA] });
  });

  test('is read from JPEG nearly as it was', async () => {
    const rgba = new Uint8Array(16 * 16 * 4).fill(200);
    const { data } = encodeJpeg({ width: 16, height: 16, data: rgba }, 100);
    const read = await decodeImage('f', data);
    expect([read.width, read.height]).toEqual([16, 16]);
    expect(Math.abs((read.rgba[0] ?? 0) - 200)).toBeLessThan(3);
  });

  test.each([
    ['text', Buffer.from('hello'), /neither PNG nor JPEG/],
    ['nothing', new Uint8Array(), /neither PNG nor JPEG/],
    ['half a PNG', png(image).subarray(0, 40), /the picture cannot be read/],
    ['a PNG that ends at once', png(image).subarray(0, 10), /ends within its header/],
    ['half a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4), /the picture cannot be read/],
  ])('is refused with the reason when it is %s', async (_what, file, message) => {
    await expect(decodeImage('f', file)).rejects.toThrow(message);
  });

  test('is refused for a size that it only claims, before memory is taken', async () => {
    const file = Uint8Array.from(png(image));
    new DataView(file.buffer).setUint32(16, 2 ** 31 - 1);
    await expect(decodeImage('f', file)).rejects.toThrow(/2147483647 x 2 pixels; at most/);
  });
});

describe('the values of a picture', () => {
  test('stand plane by plane in nchw and pixel by pixel in nhwc', () => {
    expect([...imageValues(image, plain)]).toEqual([255, 0, 100, 255, 0, 0, 100, 255, 0, 255, 100, 255]);
    expect([...imageValues(image, { ...plain, layout: 'nhwc' })]).toEqual([
      255, 0, 0, 0, 0, 255, 100, 100, 100, 255, 255, 255,
    ]);
  });

  test('are scaled, then moved and divided, channel by channel', () => {
    const form = { ...plain, layout: 'nhwc' as const, scale: 255, mean: [0.5, 0, 1], std: [0.5, 1, 2] };
    expect([...imageValues(image, form)].slice(0, 3)).toEqual([1, 0, -0.5]);
  });

  test('are grey for one channel, and have alpha for four', () => {
    expect(imageValues(image, { ...plain, channels: 1 })[0]).toBeCloseTo(0.299 * 255);
    expect([...imageValues(image, { ...plain, channels: 4 })].slice(12)).toEqual([255, 128, 255, 255]);
  });

  test('lie between those of the pixels around when the size is another, and at the edge are those of the edge', () => {
    const ramp: Image = { width: 2, height: 1, rgba: Uint8Array.of(0, 0, 0, 255, 100, 100, 100, 255) };
    const form = { ...plain, channels: 1, width: 4, height: 1 };
    const values = imageValues(ramp, form);
    for (const [i, expected] of [0, 25, 75, 100].entries()) expect(values[i]).toBeCloseTo(expected);
    expect(imageValues(ramp, { ...form, width: 1 })[0]).toBeCloseTo(50);
  });
});
