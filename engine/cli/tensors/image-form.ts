import { formatShape } from '../../tensor';
import { failure, usageError } from '../cli-error';
import type { CommandValues } from '../command-values';
import type { TensorMetadata } from '../v2-client';
import type { Image, ImageForm } from './image';

const CHANNELS = new Set([1, 3, 4]);
/** What the model leaves open is three channels. */
const USUAL_CHANNELS = 3;

/**
 * How a picture becomes the input that a model takes: `[channels, height, width]` or `[height, width, channels]`, with or without a
 * batch of one before it. Open height and width are the picture's own.
 *
 * Errors: CliError for a model whose input is no picture; usage errors for the options.
 */
export function imageForm(
  label: string,
  image: Image,
  spec: TensorMetadata,
  asked: readonly number[] | null,
  values: CommandValues,
): { readonly form: ImageForm; readonly shape: readonly number[] } {
  const wanted = asked ?? spec.shape;
  const dims = wanted.slice(-3);
  const batch = wanted.slice(0, -3);
  if (dims.length < 3 || batch.length > 1 || Math.abs(batch[0] ?? 1) !== 1)
    throw failure(
      `${label}: a picture is one row of three dimensions, the model takes ${formatShape(wanted)}`,
    );
  const layout = values.choice('layout', ['nchw', 'nhwc']) ?? layoutOf(dims);
  const [channelAxis, heightAxis, widthAxis] = layout === 'nchw' ? [0, 1, 2] : [2, 0, 1];
  const sizeOf = (axis: number, own: number): number => ((dims[axis] ?? -1) < 0 ? own : (dims[axis] ?? own));
  const channels = sizeOf(channelAxis, USUAL_CHANNELS);
  if (!CHANNELS.has(channels))
    throw failure(
      `${label}: with --layout ${layout} the model's ${formatShape(wanted)} has ${channels} channels; a picture has 1, 3 or 4`,
    );
  const form: ImageForm = {
    layout,
    channels,
    height: sizeOf(heightAxis, image.height),
    width: sizeOf(widthAxis, image.width),
    scale: values.number('scale', { min: 1e-6, max: 1e6 }) ?? 1,
    mean: perChannel('mean', values, channels) ?? [0],
    std: perChannel('std', values, channels) ?? [1],
  };
  const { height, width } = form;
  return {
    form,
    shape: [
      ...batch.map(() => 1),
      ...(layout === 'nchw' ? [channels, height, width] : [height, width, channels]),
    ],
  };
}

/** By where a number of channels stands. */
const layoutOf = (dims: readonly number[]): 'nchw' | 'nhwc' =>
  !CHANNELS.has(dims[0] ?? -1) && CHANNELS.has(dims[2] ?? -1) ? 'nhwc' : 'nchw';

function perChannel(name: 'mean' | 'std', values: CommandValues, channels: number): readonly number[] | null {
  const given = values.numbers(name);
  if (given === null) return null;
  if (given.length !== 1 && given.length !== channels)
    throw usageError(
      `--${name}: ${given.length} numbers are given; one, or one for each of ${channels} channels`,
    );
  if (name === 'std' && given.includes(0)) throw usageError('--std: 0 cannot be divided by');
  return given;
}
