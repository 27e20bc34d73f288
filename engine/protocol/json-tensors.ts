import { invalid } from '../base';
import type { Datatype } from '../contract';
import { checkBytesCount, elementCount, formatShape } from '../tensor';
import { createJsonElements, type JsonElements } from './json-elements';
import type { JsonScanner } from './json-scanner';

/** What is known of a tensor before its `data` is read. */
export interface TensorHead {
  /** `input "x"`, for error messages. */
  readonly label: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/**
 * Reads a JSON `data` array into the tensor's bytes. The array may be flat (row-major) or nested; nested as deep as the shape, it
 * must have the shape's form. Not nested evenly is refused: it is a mistake even where the count happens to fit.
 *
 * @param scanner stands before the array, after it on return
 */
export function readJsonTensor(scanner: JsonScanner, { label, datatype, shape }: TensorHead): Uint8Array {
  const count = elementCount(shape);
  if (datatype === 'BYTES') checkBytesCount(label, count);
  // An element is at least one byte, and a comma or bracket follows: no memory for elements that cannot be there.
  if (count * 2 > scanner.bytesLeft) {
    throw invalid(
      `${label}: shape ${formatShape(shape)} needs ${count} elements, and only ${scanner.bytesLeft} bytes of JSON are left`,
    );
  }
  const elements = createJsonElements(datatype, count);
  const describe = scanner.describe;
  scanner.describe = () => `${label}: element ${elements.index} of data: `;
  const form = new ArrayForm(scanner, elements, label);
  form.read(0);
  scanner.describe = describe;
  if (elements.index !== count) {
    throw invalid(
      `${label}: shape ${formatShape(shape)} needs ${count} elements, data holds ${elements.index}`,
    );
  }
  form.mustFit(shape);
  return elements.finish();
}

/** Walks the arrays of one `data` and remembers how long those of each level are. */
class ArrayForm {
  readonly #lengths: number[] = [];
  #leafLevel: number | null = null;

  constructor(
    readonly scanner: JsonScanner,
    readonly elements: JsonElements,
    readonly label: string,
  ) {}

  read(level: number): void {
    const { scanner, elements } = this;
    scanner.openArray('data');
    let length = 0;
    if (scanner.atArrayStart()) {
      do {
        this.read(level + 1);
        length++;
      } while (scanner.readComma());
    } else if (!scanner.atArrayEnd()) {
      this.#leafLevel ??= level;
      if (this.#leafLevel !== level)
        throw scanner.fail('the elements of data stand at different levels of nesting');
      const before = elements.index;
      elements.readRun(scanner);
      length = elements.index - before;
    }
    scanner.closeArray();
    this.#lengths[level] ??= length;
    const expected = this.#lengths[level];
    if (expected !== length)
      throw invalid(
        `${this.label}: data is ragged: arrays of ${expected} and of ${length} stand at the same level`,
      );
  }

  mustFit(shape: readonly number[]): void {
    if (this.#leafLevel === null || this.#leafLevel === 0 || this.#lengths.length !== shape.length) return;
    if (this.#lengths.some((length, axis) => length !== shape[axis])) {
      throw invalid(
        `${this.label}: data is nested as ${formatShape(this.#lengths)}, shape is ${formatShape(shape)}`,
      );
    }
  }
}
