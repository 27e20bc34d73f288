import { deepStrictEqual } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import type { GrpcTestClient } from '../../testing/grpc-client';
import type { Random } from '../random';
import { distinctValues, LEFT, type Question, type Reply } from '../traffic';

/** Of the clients that may leave, how many do, and after how long at most. */
const LEAVERS_OF = 3;
const LONGEST_WAIT_MS = 40;
const LONGEST_PAUSE_MS = 3000;

const left = (rows: number): Reply => ({ answer: { status: LEFT, headers: {}, error: '' }, rows });
const leaves = (random: Random): boolean => random.below(LEAVERS_OF) === 0;

/** `y = x + addend` on FP32 `[rows, width]`; some clients hang up before they have the answer. */
export function leavingQuestion(model: string, width: number, addend: number): Question {
  return {
    model,
    ask: async (http, serial, random) => {
      const rows = 1 + random.below(3);
      const values = distinctValues(serial, rows * width);
      const signal = leaves(random) ? AbortSignal.timeout(random.below(LONGEST_WAIT_MS)) : undefined;
      try {
        const answer = await http.inferFloats(model, [rows, width], Float32Array.from(values), signal);
        if (answer.status === 200) expectSum([...(answer.values ?? [])], values, addend);
        return { answer, rows };
      } catch (error) {
        if (signal?.aborted && (error as Error).name === 'AbortError') return left(rows);
        throw error;
      }
    },
  };
}

/** The same over gRPC; some calls are cancelled, some have a deadline that is too short. */
export function callingQuestion(
  grpc: GrpcTestClient,
  model: string,
  width: number,
  addend: number,
): Question {
  return {
    model,
    ask: async (_, serial, random) => {
      const rows = 1 + random.below(3);
      const values = distinctValues(serial, rows * width);
      const request = {
        model_name: model,
        id: String(serial),
        inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, width] }],
        raw_input_contents: [Buffer.from(Float32Array.from(values).buffer)],
      };
      const waitMs = leaves(random) ? random.below(LONGEST_WAIT_MS) : null;
      try {
        const answer = await grpc.call('ModelInfer', request, impatience(waitMs, random));
        const { id, raw_output_contents: raw } = answer as { id: string; raw_output_contents: [Buffer] };
        deepStrictEqual(id, String(serial));
        expectSum([...new Float32Array(new Uint8Array(raw[0]).buffer)], values, addend);
        return { answer: { status: 200, headers: {}, error: '' }, rows };
      } catch (error) {
        return refusedCall(error as Partial<ServiceError>, waitMs !== null, rows);
      }
    },
  };
}

/** Requests with priorities, and with timeouts that some of them exceed. */
export function hurriedQuestion(model: string, width: number, addend: number): Question {
  return {
    model,
    mayEndWith: ['DEADLINE_EXCEEDED'],
    ask: async (http, serial, random) => {
      const rows = 1 + random.below(3);
      const data = distinctValues(serial, rows * width);
      const answer = await http.infer(model, {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, width], data }],
        parameters: { priority: random.below(5), timeout: random.pick([0, 500, 5_000, 100_000]) },
      });
      if (answer.status === 200) expectSum([...(answer.outputs[0]?.data ?? [])], data, addend);
      return { answer, rows };
    },
  };
}

/** Asked after a pause: each answer may cost the start of a thread, which would leave nothing for the others. */
export function nowAndThen(question: Question): Question {
  return {
    ...question,
    ask: async (http, serial, random) => {
      await pause(random.below(LONGEST_PAUSE_MS));
      return question.ask(http, serial, random);
    },
  };
}

function impatience(waitMs: number | null, random: Random): { deadline?: Date; signal?: AbortSignal } {
  if (waitMs === null) return {};
  return random.below(2) === 0
    ? { deadline: new Date(Date.now() + waitMs) }
    : { signal: AbortSignal.timeout(waitMs) };
}

function refusedCall(error: Partial<ServiceError>, mayLeave: boolean, rows: number): Reply {
  const code = error.metadata?.get('ferry-error-code')[0];
  if (mayLeave && (error.code === status.CANCELLED || error.code === status.DEADLINE_EXCEEDED))
    return left(rows);
  if (code === undefined) throw error;
  const headers = { 'ferry-error-code': String(code) };
  return { answer: { status: 500, headers, error: error.details ?? '' }, rows };
}

function expectSum(answer: readonly unknown[], values: readonly number[], addend: number): void {
  deepStrictEqual(
    answer,
    values.map((value) => value + addend),
  );
}
