import { deepStrictEqual } from 'node:assert';
import type { Random } from '../random';
import type { Question } from '../traffic';

const MOST_STEPS = 8;

/** One client's sequence. */
interface Life {
  readonly id: number;
  readonly steps: number;
  step: number;
  sum: number;
}

/**
 * Steps of sequences for the model that adds them up (`accumulator`): each answer is the sum of its own sequence, whatever else is in
 * the batch. After an error a client begins anew, under another id: what became of the old state it does not know.
 */
export function sequenceQuestion(model: string): Question & { readonly finished: () => number } {
  const lives = new Map<Random, Life>();
  let lastId = 0;
  let finished = 0;
  const begun = (random: Random): Life => {
    const life = { id: ++lastId, steps: 1 + random.below(MOST_STEPS), step: 0, sum: 0 };
    lives.set(random, life);
    return life;
  };
  return {
    model,
    finished: () => finished,
    ask: async (http, serial, random) => {
      const life = lives.get(random) ?? begun(random);
      const { id, steps, step } = life;
      const [isFirst, isLast] = [step === 0, step === steps - 1];
      const value = 1 + (serial % 1000);
      const answer = await http.infer(model, {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }],
        parameters: { sequence_id: id, sequence_start: isFirst, sequence_end: isLast },
      });
      if (answer.status !== 200 || isLast) lives.delete(random);
      if (answer.status !== 200) return { answer, rows: 1 };
      life.sum += value;
      life.step++;
      if (isLast) finished++;
      const told = (isFirst ? 100 : 0) + 10 + (isLast ? 1 : 0);
      const given = answer.outputs.map(({ name, data }) => [name, data?.[0]]);
      deepStrictEqual(Object.fromEntries(given), { y: life.sum, told, who: id });
      return { answer, rows: 1 };
    },
  };
}
