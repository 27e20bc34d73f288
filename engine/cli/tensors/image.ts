import { failure } from '../cli-error';

/** Pixels as the file has them, RGBA, 8 bits each, row by row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** How pixels become a tensor. */
export interface ImageForm {
  readonly layout: 'nchw' | 'nhwc';
  /** 1: grey, 3: RGB, 4: RGBA. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Each value is divided by it first. */
  readonly scale: number;
  /** Then these are taken away, one for each channel or one for all. */
  readonly mean: readonly number[];
  /** Then it is divided by these. */
  readonly std: readonly number[];
}

/** Larger pictures are no input of a model; a file may claim any size. */
const PIXEL_LIMIT = 64 * 1024 * 1024;
const MEMORY_LIMIT_MIB = 1024;
const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

/**
 * Decodes PNG or JPEG, told apart by content.
 *
 * @param label how messages call the file
 */
export async function decodeImage(label: string, file: Uint8Array): Promise<Image> {
  const isPng = PNG_SIGNATURE.every((byte, i) => file[i] === byte);
  const isJpeg = file[0] === 0xff && file[1] === 0xd8;
  if (!isPng && !isJpeg) throw failure(`${label}: it is neither PNG nor JPEG`);
  try {
    return isPng ? await decodePng(file) : await decodeJpeg(file);
  } catch (error) {
    throw failure(`${label}: the picture cannot be read: ${(error as Error).message}`, error);
  }
}

async function decodePng(file: Uint8Array): Promise<Image> {
  // Its size stands at a fixed place, and is looked at before memory is taken for it.
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 24) throw new Error('the file ends within its header');
  const [claimedWidth, claimedHeight] = [view.getUint32(16), view.getUint32(20)];
  if (claimedWidth * claimedHeight > PIXEL_LIMIT)
    throw new Error(`it has ${claimedWidth} x ${claimedHeight} pixels; at most ${PIXEL_LIMIT} are read`);
  const { PNG } = await import('pngjs');
  const { width, height, data } = PNG.sync.read(Buffer.from(file));
  return { width, height, rgba: data };
}

async function decodeJpeg(file: Uint8Array): Promise<Image> {
  const { decode } = await import('jpeg-js');
  const { width, height, data } = decode(file, {
    useTArray: true,
    formatAsRGBA: true,
    maxResolutionInMP: PIXEL_LIMIT / 1e6,
    maxMemoryUsageInMB: MEMORY_LIMIT_MIB,
  });
  return { width, height, rgba: data };
}

/**
 * The values of one picture, row-major in the wanted layout: resized (bilinear, the middle of pixels on the middle of pixels,
 * no smoothing before a reduction), channels taken, then `(value / scale - mean) / std`. An alpha channel is dropped for 1 and 3
 * channels; grey is 0.299 R + 0.587 G + 0.114 B.
 */
export function imageValues(image: Image, form: ImageForm): Float64Array {
  const { layout, channels, height, width, scale, mean, std } = form;
  const values = new Float64Array(channels * height * width);
  const pixel = new Float64Array(4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      samplePixel(
        image,
        ((x + 0.5) * image.width) / width - 0.5,
        ((y + 0.5) * image.height) / height - 0.5,
        pixel,
      );
      for (let c = 0; c < channels; c++) {
        const at = layout === 'nchw' ? (c * height + y) * width + x : (y * width + x) * channels + c;
        const raw = channels === 1 ? greyOf(pixel) : (pixel[c] ?? 0);
        values[at] = (raw / scale - ofChannel(mean, c)) / ofChannel(std, c);
      }
    }
  }
  return values;
}

const greyOf = ([red = 0, green = 0, blue = 0]: Float64Array): number =>
  0.299 * red + 0.587 * green + 0.114 * blue;
const ofChannel = (values: readonly number[], channel: number): number =>
  (values.length === 1 ? values[0] : values[channel]) ?? 0;

/** Between the four pixels around a point; beyond the edge the edge goes on. */
function samplePixel({ width, height, rgba }: Image, x: number, y: number, into: Float64Array): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const [x0, x1] = [clamp(left, width), clamp(left + 1, width)];
  const [y0, y1] = [clamp(top, height), clamp(top + 1, height)];
  const [rightShare, bottomShare] = [x - left, y - top];
  for (let c = 0; c < 4; c++) {
    const at = (px: number, py: number): number => rgba[(py * width + px) * 4 + c] ?? 0;
    const upper = at(x0, y0) * (1 - rightShare) + at(x1, y0) * rightShare;
    const lower = at(x0, y1) * (1 - rightShare) + at(x1, y1) * rightShare;
    into[c] = upper * (1 - bottomShare) + lower * bottomShare;
  }
}

const clamp = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value));
