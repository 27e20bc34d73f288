import { largestBatch } from '../../../batching';
import type { ModelSettings } from '../../../contract';
import type { NamedTensor } from '../../../tensor';
import { versionOf } from './chaos-request';
import type { Ledger } from './ledger';
import type { ModelKind } from './model-kinds';

/** Judges the batches that instances of one model are given, and answers them. */
export class ChaosBatch {
  readonly #kind: ModelKind;
  readonly #ledger: Ledger;
  /** By version: most rows of a batch since one did not fit into memory. */
  readonly #limits = new Map<string, number>();

  constructor(kind: ModelKind, ledger: Ledger) {
    this.#kind = kind;
    this.#ledger = ledger;
  }

  /** Whole requests, each once, as many as may be together. @returns rows of requests */
  check(instance: string, inputs: readonly NamedTensor[], settings: ModelSettings): number {
    const x = intsOf(inputs, 'x');
    const width = inputs.find(({ name }) => name === 'x')?.shape.at(-1) ?? 1;
    const rows = x.length / width;
    const { sequence, stacks } = this.#kind;
    if (!sequence) {
      const { requests, halved } = this.#requests(instance, x, width);
      const own = requests.reduce((sum, count) => sum + count, 0);
      this.#judgeSize(instance, requests, rows, settings, stacks);
      this.#judgeLimit(instance, requests, halved, settings);
      return own;
    }
    const ready = intsOf(inputs, 'ready');
    const ids = intsOf(inputs, 'id').filter((_, row) => ready[row] === 1);
    if (new Set(ids).size !== ids.length)
      this.#ledger.fault(`${instance} has a sequence twice: ${ids.join()}`);
    ready.forEach((isReady, row) => {
      if (isReady) this.#ledger.run(x[row * width] ?? 0, instance);
    });
    return ids.length;
  }

  /** It did not fit into memory: all its requests will run again in halves, except a single one and those of sequences. */
  unfit(instance: string, inputs: readonly NamedTensor[]): void {
    const x = intsOf(inputs, 'x');
    const width = inputs.find(({ name }) => name === 'x')?.shape.at(-1) ?? 1;
    const rows = x.length / width;
    const ids = [...new Set(x.filter((_, at) => at % width === 0))];
    const isHalved = this.#kind.sequence === null && ids.length > 1;
    for (const id of ids) this.#ledger.unfit(id, isHalved);
    const version = versionOf(instance);
    const before = this.#limits.get(version) ?? Number.POSITIVE_INFINITY;
    this.#limits.set(version, Math.min(before, Math.max(1, Math.floor(rows / 2))));
  }

  /** After a while a larger batch is tried; what fits then is the limit. */
  fitted(instance: string, rows: number): void {
    const version = versionOf(instance);
    const before = this.#limits.get(version);
    if (before !== undefined && rows > before) this.#limits.set(version, rows);
  }

  /** Its settings were changed. */
  liftLimit(version: string): void {
    this.#limits.delete(version);
  }

  /** `y = [id ^ salt, second + salt]`; with sequences `[id ^ salt, second + state]`, which is the next state too. */
  compute(inputs: readonly NamedTensor[], salt: number): readonly NamedTensor[] {
    const x = inputs.find(({ name }) => name === 'x') as NamedTensor;
    const width = x.shape.at(-1) ?? 1;
    const values = intsOf(inputs, 'x');
    const state = this.#kind.sequence ? intsOf(inputs, 'state') : null;
    const sums: number[] = [];
    for (let at = 0, row = 0; at < values.length; at += width, row++) {
      values[at] = (values[at] ?? 0) ^ salt;
      values[at + 1] = (values[at + 1] ?? 0) + (state ? (state[row] ?? 0) : salt);
      sums.push(values[at + 1] ?? 0);
    }
    const y: NamedTensor = { ...x, name: 'y', data: new Uint8Array(values.buffer) };
    if (!state) return [y];
    const data = new Uint8Array(Int32Array.from(sums).buffer);
    return [y, { name: 'state_out', datatype: 'INT32', shape: [sums.length, 1], data }];
  }

  /** Rows of each request, in order. Each is there as a whole, its rows in their order; then copies of the very last row. */
  #requests(
    instance: string,
    x: Int32Array,
    width: number,
  ): { readonly requests: number[]; readonly halved: number } {
    const requests: number[] = [];
    let halved = 0;
    let lastId = 0;
    let at = 0;
    while (at < x.length && x[at] !== lastId) {
      lastId = x[at] ?? 0;
      const sent = this.#ledger.run(lastId, instance);
      const rows = sent?.rows ?? 1;
      if (sent?.isHalved) halved++;
      this.#expectRows(instance, x.subarray(at, at + rows * width), lastId, rows);
      requests.push(rows);
      at += rows * width;
    }
    const lastRow = x.subarray(at - width, at);
    for (; at < x.length; at += width)
      if (x[at] !== lastRow[0] || x[at + 1] !== lastRow[1])
        this.#ledger.fault(`${instance} is padded with [${x[at]}, ${x[at + 1]}]`);
    return { requests, halved };
  }

  /** Half a batch runs for itself; what comes from the queue keeps within what fitted. */
  #judgeLimit(
    instance: string,
    requests: readonly number[],
    halved: number,
    { allowedBatchSizes }: ModelSettings,
  ): void {
    if (halved > 0 && halved < requests.length)
      this.#ledger.fault(`${instance} is given ${requests.length} requests, ${halved} of them were halved`);
    const own = requests.reduce((sum, count) => sum + count, 0);
    const limit = this.#limits.get(versionOf(instance)) ?? Number.POSITIVE_INFINITY;
    const tried = Math.max(2 * limit, allowedBatchSizes.find((size) => size > limit) ?? 0);
    if (halved === 0 && requests.length > 1 && own > tried)
      this.#ledger.fault(`${instance} is given ${own} rows, where ${limit} fit and ${tried} may be tried`);
  }

  #expectRows(instance: string, part: Int32Array, id: number, rows: number): void {
    const width = part.length / rows;
    for (let row = 0; row < rows; row++)
      if (part[row * width] !== id || part[row * width + 1] !== row)
        this.#ledger.fault(`${instance} has [${part.join()}] for ${rows} rows of request ${id}`);
  }

  #judgeSize(
    instance: string,
    requests: readonly number[],
    rows: number,
    settings: ModelSettings,
    stacks: boolean,
  ): void {
    const { batching, allowedBatchSizes } = settings;
    const own = requests.reduce((sum, count) => sum + count, 0);
    const allowed = stacks ? allowedBatchSizes : [];
    const padded = allowed.find((size) => size >= own) ?? own;
    if (rows !== padded) this.#ledger.fault(`${instance} is given ${rows} rows for ${own}, not ${padded}`);
    if (requests.length <= 1) return;
    if (batching === 'off' || !stacks)
      this.#ledger.fault(`${instance} is given ${requests.length} requests at once`);
    if (own > largestBatch(settings))
      this.#ledger.fault(`${instance} is given ${own} rows, at most ${largestBatch(settings)} are allowed`);
  }
}

function intsOf(inputs: readonly NamedTensor[], name: string): Int32Array {
  const data = inputs.find((input) => input.name === name)?.data;
  return new Int32Array(new Uint8Array(data ?? []).buffer);
}
