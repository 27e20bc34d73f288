import { deepStrictEqual } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpAnswer, HttpClient, InferAnswer } from './http-client';
import { createRandom, type Random } from './random';

/** A client that is refused does not ask again at once. */
const REFUSED_PAUSE_MS = 10;

/** Status of an answer that its client did not wait for. */
export const LEFT = 0;

/** One kind of request whose right answer is known. */
export interface Question {
  readonly model: string;
  /** Refusals that are only counted, by engine error code. */
  readonly mayEndWith?: readonly string[];
  /** Asks with values that nobody else asks with; throws when the answer is not the right one. */
  ask(http: HttpClient, serial: number, random: Random): Promise<Reply>;
}

export interface Reply {
  readonly answer: Pick<HttpAnswer, 'status' | 'headers'> & { readonly error: string };
  readonly rows: number;
}

export interface ModelTally {
  asked: number;
  right: number;
  /** Rows of the right answers. */
  rows: number;
  /** Requests whose clients left before the answer. */
  left: number;
  /** Refusals by engine error code. */
  readonly errors: Record<string, number>;
}

/** Clients in a closed loop: each asks its question, checks the answer by value, and asks again with other values. */
export class Traffic {
  readonly tallies = new Map<string, ModelTally>();
  /** What must not be: wrong values, broken connections. */
  readonly faults: string[] = [];
  /** Texts of all refusals but those that were to be expected. */
  readonly refusals: { readonly model: string; readonly code: string; readonly error: string }[] = [];
  readonly #http: HttpClient;
  readonly #clients: Promise<void>[];
  #serial = 0;
  #running = true;

  constructor(http: HttpClient, questions: readonly Question[], clients: number) {
    this.#http = http;
    for (const { model } of questions)
      this.tallies.set(model, {
        ...{ asked: 0, right: 0, rows: 0, left: 0 },
        errors: {},
      });
    this.#clients = Array.from({ length: clients }, (_, i) => {
      const question = questions[i % questions.length];
      return question ? this.#client(question, createRandom(i + 1)) : Promise.resolve();
    });
  }

  get asked(): number {
    return this.#sum((tally) => tally.asked);
  }

  get right(): number {
    return this.#sum((tally) => tally.right);
  }

  tally(model: string): ModelTally {
    const tally = this.tallies.get(model);
    if (!tally) throw new Error(`nobody asks ${model}`);
    return tally;
  }

  get left(): number {
    return this.#sum((tally) => tally.left);
  }

  errorsByCode(): Record<string, number> {
    const all: Record<string, number> = {};
    for (const { errors } of this.tallies.values())
      for (const [code, count] of Object.entries(errors)) all[code] = (all[code] ?? 0) + count;
    return all;
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  async #client(question: Question, random: Random): Promise<void> {
    const tally = this.tally(question.model);
    while (this.#running) {
      tally.asked++;
      try {
        const { answer, rows } = await question.ask(this.#http, this.#serial++, random);
        this.#count(question, tally, answer, rows);
        if (answer.status !== 200 && answer.status !== LEFT) await pause(REFUSED_PAUSE_MS);
      } catch (error) {
        this.faults.push(`${question.model}: ${error instanceof Error ? error.message : String(error)}`);
        // A fault on every request would otherwise fill the memory.
        if (this.faults.length > 100) this.#running = false;
      }
    }
  }

  #count(question: Question, tally: ModelTally, answer: Reply['answer'], rows: number): void {
    if (answer.status === LEFT) {
      tally.left++;
      return;
    }
    if (answer.status === 200) {
      tally.right++;
      tally.rows += rows;
      return;
    }
    const code = String(answer.headers['ferry-error-code'] ?? answer.status);
    tally.errors[code] = (tally.errors[code] ?? 0) + 1;
    if (question.mayEndWith?.includes(code) !== true)
      this.refusals.push({ model: question.model, code, error: answer.error });
  }

  #sum(part: (tally: ModelTally) => number): number {
    return [...this.tallies.values()].reduce((sum, tally) => sum + part(tally), 0);
  }
}

/** Whole numbers that FP32 holds exactly, also doubled; others for every serial number among 100,000. */
export function distinctValues(serial: number, count: number): number[] {
  const base = (serial % 100_000) * 64;
  return Array.from({ length: count }, (_, i) => base + (i % 64));
}

const rowsOf = (random: Random): number => 1 + random.below(3);

/** `y = x + addend` on FP32 `[rows, ...inner]`, JSON and binary by turns. */
export function addingQuestion(
  model: string,
  inner: (random: Random) => readonly number[],
  addend = 1,
): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = rowsOf(random);
      const shape = [rows, ...inner(random)];
      const values = distinctValues(
        serial,
        shape.reduce((product, dim) => product * dim, 1),
      );
      const expected = values.map((value) => value + addend);
      if (serial % 2 === 0) {
        const answer = await http.inferFloats(model, shape, Float32Array.from(values));
        if (answer.status === 200) deepStrictEqual([...(answer.values ?? [])], expected);
        return { answer, rows };
      }
      const input = { name: 'x', datatype: 'FP32', shape, data: values };
      const answer = await http.infer(model, { id: String(serial), inputs: [input] });
      if (answer.status === 200) {
        deepStrictEqual((answer.json as { id: string }).id, String(serial));
        deepStrictEqual(outputOf(answer, 'y'), { shape, data: expected });
      }
      return { answer, rows };
    },
  };
}

/** `y = x * weights` for whole numbers small enough to be exact. */
export function linearQuestion(
  model: string,
  inputs: number,
  outputs: number,
  weights: Float32Array,
): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = rowsOf(random);
      const x = Array.from({ length: rows * inputs }, (_, i) => ((serial * 31 + i * 7) % 2000) - 1000);
      const expected = Array.from({ length: rows * outputs }, (_, at) => {
        const row = Math.floor(at / outputs);
        let sum = 0;
        for (let k = 0; k < inputs; k++) {
          sum += (x[row * inputs + k] ?? 0) * (weights[k * outputs + (at % outputs)] ?? 0);
        }
        return sum;
      });
      const answer = await http.infer(model, {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, inputs], data: x }],
      });
      if (answer.status === 200) {
        deepStrictEqual(outputOf(answer, 'y'), { shape: [rows, outputs], data: expected });
      }
      return { answer, rows };
    },
  };
}

/** `y = x` on texts of many lengths, characters beyond ASCII among them. */
export function textQuestion(model: string): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = rowsOf(random);
      const data = Array.from(
        { length: rows },
        (_, i) => `${serial}/${i} ${'fähre ⛴ "\\'.repeat(random.below(5))}`,
      );
      const answer = await http.infer(model, {
        inputs: [{ name: 'x', datatype: 'BYTES', shape: [rows, 1], data }],
      });
      if (answer.status === 200) deepStrictEqual(outputOf(answer, 'y'), { shape: [rows, 1], data });
      return { answer, rows };
    },
  };
}

/** Two inputs and two outputs; sometimes only one of the outputs is asked for. */
export function pairQuestion(model: string): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = rowsOf(random);
      const a = distinctValues(serial, rows * 2);
      const b = a.map((value, i) => value * 3 + i);
      const wanted = random.pick([['sum', 'difference'], ['difference'], ['sum']]);
      const shape = [rows, 2];
      const answer = await http.infer(model, {
        inputs: [
          { name: 'b', datatype: 'INT64', shape, data: b },
          { name: 'a', datatype: 'INT64', shape, data: a },
        ],
        outputs: wanted.map((name) => ({ name })),
      });
      if (answer.status === 200) {
        const expected: Record<string, number[]> = {
          sum: a.map((value, i) => value + (b[i] ?? 0)),
          difference: a.map((value, i) => value - (b[i] ?? 0)),
        };
        deepStrictEqual(
          answer.outputs.map((output) => output.name),
          wanted,
        );
        for (const name of wanted) deepStrictEqual(outputOf(answer, name), { shape, data: expected[name] });
      }
      return { answer, rows };
    },
  };
}

/** `y[i] = x[(i + steps) mod width]`. */
export function rotatingQuestion(model: string, width: number, steps: number): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = rowsOf(random);
      const x = Float32Array.from({ length: rows * width }, (_, i) => (serial % 10_000) * 1024 + i);
      const answer = await http.inferFloats(model, [rows, width], x);
      if (answer.status === 200) {
        const expected = x.map((_, at) => {
          const row = Math.floor(at / width) * width;
          return x[row + ((at - row + steps) % width)] ?? Number.NaN;
        });
        deepStrictEqual(answer.values, expected);
      }
      return { answer, rows };
    },
  };
}

/** `y = x` on FP32 `[rows, width]`. */
export const echoQuestion = (model: string, width: number): Question =>
  addingQuestion(model, () => [width], 0);

function outputOf(answer: InferAnswer, name: string): { shape: readonly number[]; data: readonly unknown[] } {
  const output = answer.outputs.find((candidate) => candidate.name === name);
  if (!output?.data) throw new Error(`no output ${name} in ${answer.body.toString('utf8').slice(0, 300)}`);
  return { shape: output.shape, data: output.data };
}
