import { elementCount, formatShape, type NamedTensor } from '../../tensor';
import { elementsOf, forEachNumber, isNumeric } from './elements';

/** Elements shown of a tensor on a terminal. */
const SHOWN = 8;
const SHOWN_CHARACTERS = 40;

/** What a tensor of numbers comes to; NaN elements are counted and left out. */
export interface TensorFigures {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Index of the first largest element, row-major. */
  readonly argmax: number;
  readonly notANumber: number;
}

/** Null where there is nothing to count: BYTES, no elements, or only NaN. */
export function figuresOf(tensor: NamedTensor): TensorFigures | null {
  if (!isNumeric(tensor)) return null;
  let [min, max, sum, argmax, counted, notANumber] = [Infinity, -Infinity, 0, -1, 0, 0];
  forEachNumber(tensor, (element, index) => {
    const value = Number(element);
    if (Number.isNaN(value)) {
      notANumber++;
      return;
    }
    counted++;
    sum += value;
    if (value < min) min = value;
    if (value > max || argmax < 0) [max, argmax] = [value, index];
  });
  return counted === 0 ? null : { min, max, mean: sum / counted, argmax, notANumber };
}

/** A tensor in a few lines: name, datatype, shape, first elements, figures. */
export function describeTensor(tensor: NamedTensor): string {
  const count = elementCount(tensor.shape);
  const shown = elementsOf(tensor, SHOWN).map(elementText);
  const more = count > shown.length ? `, … ${count} in all` : '';
  const figures = figuresOf(tensor);
  const lines = [`${tensor.name}  ${tensor.datatype} ${formatShape(tensor.shape)}`];
  lines.push(count === 0 ? '  no elements' : `  ${shown.join(', ')}${more}`);
  if (figures && count > 1) {
    const { min, max, mean, argmax, notANumber } = figures;
    const strange = notANumber > 0 ? `  NaN ${notANumber}` : '';
    lines.push(`  min ${short(min)}  max ${short(max)}  mean ${short(mean)}  argmax ${argmax}${strange}`);
  }
  return lines.join('\n');
}

function elementText(element: number | bigint | boolean | string): string {
  if (typeof element === 'number') return short(element);
  if (typeof element !== 'string') return String(element);
  return JSON.stringify(
    element.length > SHOWN_CHARACTERS ? `${element.slice(0, SHOWN_CHARACTERS)}…` : element,
  );
}

/** Six digits, which is what an FP32 is good for. */
const short = (value: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
