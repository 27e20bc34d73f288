import { connect } from 'node:net';
import fc from 'fast-check';
import { encodeMessage, messageType } from '../../protocol';

/** How many inputs ended in which way: "GOAWAY 1", "RST_STREAM 7", "grpc-status 3", "closed", "silent". */
export interface GrpcFuzzReport {
  readonly inputs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Right answers that the other connection got in between. */
  readonly canaries: number;
}

const LANES = 8;
const CANARY_EVERY = 50;
const SAMPLE = 500;
/** After this an input whose last frame swallowed the ping behind it counts as silent. */
const SILENT_MS = 50;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const PING = frame(6, 0, 0, Buffer.from('ferrybye'));
const MESSAGE = Buffer.from(
  encodeMessage(messageType('inference.ModelInferRequest'), {
    model_name: 'identity',
    id: 'canary',
    parameters: { timeout: { int64_param: 5000 }, mine: { string_param: 'x' } },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3] }],
    outputs: [{ name: 'x' }],
    raw_input_contents: [Buffer.from(Float32Array.of(1, 2, 3).buffer)],
  }),
);
const METHODS = ['ModelInfer', 'ModelStreamInfer', 'ModelMetadata', 'RepositoryModelLoad', 'LogSettings'];

/**
 * Sends `inputs` malformed connections to the door on `port` of this machine, and a right call beside them now and then. Throws
 * when that fails.
 */
export async function runGrpcFuzz({
  port,
  inputs,
  seed,
}: {
  readonly port: number;
  readonly inputs: number;
  readonly seed: number;
}): Promise<GrpcFuzzReport> {
  const outcomes: Record<string, number> = {};
  let [sent, canaries] = [0, 0];
  const lane = async (number: number): Promise<void> => {
    for (const bytes of inputsOf(seed + number, Math.ceil(inputs / LANES))) {
      const outcome = await outcomeOf(port, bytes);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (++sent % CANARY_EVERY > 0) continue;
      const call = [PREFACE, frame(4, 0, 0), ...callOf('ModelInfer', MESSAGE)];
      const answer = await outcomeOf(port, Buffer.concat(call));
      if (answer !== 'grpc-status 0') throw new Error(`after ${sent} inputs a right call got: ${answer}`);
      canaries++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  await new Promise((resolve) => setTimeout(resolve, SILENT_MS));
  return { inputs: sent, outcomes, canaries };
}

/** A few at a time: a million inputs held at once would hide what the door itself keeps. */
function* inputsOf(seed: number, count: number): Generator<Buffer> {
  for (let from = 0; from < count; from += SAMPLE)
    yield* fc.sample(anyInput, { seed: seed + from * LANES, numRuns: Math.min(SAMPLE, count - from) });
}

/** Flags, lengths, types and streams of right frames changed; their content changed; and frames of any kind. */
const anyFrame = fc
  .tuple(fc.nat(11), fc.nat(255), fc.constantFrom(0, 1, 1, 2, 3, 5), fc.uint8Array({ maxLength: 40 }))
  .map(([type, flags, id, payload]) => frame(type, flags, id, payload));
const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.nat(255)), {
  minLength: 1,
  maxLength: 3,
});
const changedMessage = fc.tuple(fc.constantFrom(...METHODS), changes).map(([method, list]) => {
  return Buffer.concat([PREFACE, frame(4, 0, 0), ...callOf(method, damaged(MESSAGE, list)), PING]);
});
const changedFrames = changes.map((list) => {
  const bytes = Buffer.concat([frame(4, 0, 0), ...callOf('ModelInfer', MESSAGE)]);
  return Buffer.concat([PREFACE, damaged(bytes, list), PING]);
});
const strangeFrames = fc
  .array(anyFrame, { minLength: 1, maxLength: 8 })
  .map((frames) => Buffer.concat([PREFACE, frame(4, 0, 0), ...frames, PING]));
const anyBytes = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
const anyInput = fc.oneof(
  { weight: 4, arbitrary: changedMessage },
  { weight: 4, arbitrary: changedFrames },
  { weight: 3, arbitrary: strangeFrames },
  { weight: 1, arbitrary: anyBytes },
);

function damaged(bytes: Buffer, list: readonly (readonly [number, number])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [share, byte] of list) copy[Math.floor(share * copy.length)] = byte;
  return copy;
}

/** HEADERS and DATA of one call on stream 1. */
function callOf(method: string, message: Buffer): Buffer[] {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const block = Buffer.concat([
    ...[
      Buffer.from([0x83, 0x86, 0x04]),
      text(`/inference.GRPCInferenceService/${method}`),
      Buffer.from([0x0f, 0x10]),
    ],
    ...[text('application/grpc'), Buffer.from([0]), text('te'), text('trailers')],
  ]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return [frame(1, 4, 1, block), frame(0, 1, 1, Buffer.concat([prefix, message]))];
}

function frame(type: number, flags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Sends the bytes on a connection of their own, and says how the door took them. */
function outcomeOf(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    let answer = '';
    const silence = setTimeout(() => socket.end(), SILENT_MS);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      answer = answerIn(received);
      if (answer !== '') socket.end();
    });
    socket.once('close', () => {
      clearTimeout(silence);
      resolve(answer === '' ? (received.length > 0 ? 'silent' : 'closed') : answer);
    });
    socket.write(bytes);
  });
}

/** The first frame that settles it; empty while there is none. */
function answerIn(received: Buffer): string {
  for (let at = 0; at + 9 <= received.length; ) {
    const length = received.readUIntBE(at, 3);
    const payload = received.subarray(at + 9, at + 9 + length);
    const [type, flags] = [received[at + 3], received[at + 4] as number];
    if (payload.length < length) return '';
    if (type === 7) return `GOAWAY ${payload.readUInt32BE(4)}`;
    if (type === 3) return `RST_STREAM ${payload.readUInt32BE(0)}`;
    if (type === 1 && flags & 1) {
      const found = /grpc-status.(\d+)/s.exec(payload.toString('latin1'))?.[1];
      return found === undefined ? 'HTTP status' : `grpc-status ${found}`;
    }
    at += 9 + length;
  }
  return '';
}
