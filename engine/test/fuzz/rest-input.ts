import { deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../random';
import { mutatedJson, print } from './json-mutations';
import { bytes, type RestMessage, restMessage } from './rest-messages';

/** What is sent in one go on a connection. */
export interface FuzzInput {
  readonly bytes: Buffer;
  /** The methods of the requests in it, in order: as many answers are due. */
  readonly methods: readonly string[];
  /** False: where a request ends may be wrong, so that the connection is closed after it and any answer, or none, is right. */
  readonly isFramed: boolean;
}

/** Made for each input anew: little to set up is worth more than few bytes. */
const SMALL = { level: 1, memLevel: 1, windowBits: 9, chunkSize: 1024 };
/** Small, and twice as much as a body may have once it is unpacked. */
const BOMB = gzipSync(Buffer.alloc(2 * 1024 * 1024));

interface Draft {
  method: string;
  path: string;
  headers: [string, string][];
  body: Buffer | null;
}

const METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'infer',
];
const SEGMENTS: readonly string[] = [
  '',
  '.',
  '..',
  '%2e%2e',
  '..%2F..%2Fetc',
  '%00',
  '%',
  '%zz',
  '%ff',
  '__proto__',
  'a'.repeat(2000),
  'models',
  'versions',
  'stats',
  'nope',
  '1',
  '0',
  '-1',
  '01',
  '1.0',
  '99999999999999999999',
  '?',
  '#',
  ';',
  '💥',
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['Inference-Header-Content-Length', '-1'],
  ['Inference-Header-Content-Length', '99999999999'],
  ['Inference-Header-Content-Length', '1e3'],
  ['Inference-Header-Content-Length', ''],
  ['Inference-Header-Content-Length', '0'],
  ['Inference-Header-Content-Length', '7'],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', 'deflate'],
  ['Content-Encoding', 'br'],
  ['Content-Encoding', 'gzip, gzip'],
  ['Accept-Encoding', 'gzip;q=1.0, *;q=0.5, identity'],
  ['Accept-Encoding', ';;;q=,,gzip;q=nan'],
  ['Expect', '100-continue'],
  ['Expect', 'more'],
  ['Host', 'attacker.example'],
  ['Host', ''],
  ['Origin', 'null'],
  ['Content-Length', '0'],
  ['Transfer-Encoding', 'chunked'],
  ['Transfer-Encoding', 'gzip'],
  ['Connection', 'close'],
  ['Connection', 'upgrade'],
  ['Content-Type', 'multipart/form-data'],
  ['X', 'a'.repeat(20_000)],
  ['X', '\u00ff\u00fe'],
  ['X', 'a\u0000b'],
  ['X Y', 'z'],
  ['', ''],
];
/** They say where a request ends; given wrong or twice, nobody can tell. */
const FRAMING = /^(content-length|transfer-encoding|expect|x y|)$/i;

/** One input of the fuzzer; the same for the same random numbers. */
export function restInput(random: Random): FuzzInput {
  const kind = random.below(100);
  if (kind < 8) return pipelined(random);
  const input = single(random);
  return kind < 16 ? broken(input, random) : input;
}

function pipelined(random: Random): FuzzInput {
  const parts = Array.from({ length: 2 + random.below(4) }, () => single(random));
  return {
    bytes: Buffer.concat(parts.map((part) => part.bytes)),
    methods: parts.flatMap((part) => part.methods),
    isFramed: parts.every((part) => part.isFramed),
  };
}

function single(random: Random): FuzzInput {
  const draft = draftOf(restMessage(random), random);
  let isFramed = true;
  if (random.below(8) === 0) draft.path = mutatedPath(draft.path, random);
  if (random.below(12) === 0) draft.method = random.pick(METHODS);
  if (random.below(6) === 0) {
    const [name, value] = random.pick(HEADERS);
    isFramed = !FRAMING.test(name);
    draft.headers.push([name, value]);
  }
  if (draft.body) pack(draft, random);
  const framing = draft.body === null ? '' : frame(draft, random);
  const head = draft.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = `${draft.method} ${draft.path} HTTP/1.1\r\n${head}`;
  const body = draft.body ?? Buffer.alloc(0);
  return {
    bytes: Buffer.concat([Buffer.from(`${text}${framing}\r\n`, 'latin1'), body]),
    methods: [draft.method],
    isFramed,
  };
}

/** The message as bytes, with JSON that is often spoilt. */
function draftOf({ method, path, json, tail, raw }: RestMessage, random: Random): Draft {
  const headers: [string, string][] = [['Host', 'localhost']];
  if (raw)
    return { method, path, headers: [...headers, ['Inference-Header-Content-Length', '0']], body: raw };
  if (json === undefined) return { method, path, headers, body: null };
  const good = random.below(5) === 0;
  let text = Buffer.from(good ? print(json, random) : mutatedJson(json, random));
  if (random.below(8) === 0) text = spoilt(text, random);
  if (!tail) return { method, path, headers, body: text };
  const length = random.below(10) === 0 ? random.below(2 * text.byteLength) : text.byteLength;
  headers.push(['Inference-Header-Content-Length', String(length)]);
  const sent = random.below(6) === 0 ? spoilt(tail, random) : tail;
  return { method, path, headers, body: Buffer.concat([text, sent]) };
}

/** Compressed bodies: right, and wrong. */
function pack(draft: Draft, random: Random): void {
  if (!draft.body || random.below(16) > 0) return;
  const coding = random.pick(['gzip', 'deflate']);
  const packed =
    random.below(20) === 0 ? BOMB : (coding === 'gzip' ? gzipSync : deflateSync)(draft.body, SMALL);
  draft.headers.push(['Content-Encoding', coding]);
  draft.body = random.below(4) === 0 ? spoilt(packed, random) : packed;
}

/** How the body is announced; in chunks it is cut up. */
function frame(draft: Draft, random: Random): string {
  const body = draft.body ?? Buffer.alloc(0);
  if (random.below(6) > 0) return `Content-Length: ${body.byteLength}\r\n`;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.byteLength; ) {
    const size = 1 + random.below(Math.max(16, body.byteLength));
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
    at += size;
  }
  draft.body = Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
  return 'Transfer-Encoding: chunked\r\n';
}

function mutatedPath(path: string, random: Random): string {
  const segments = path.split('/');
  const at = 1 + random.below(segments.length);
  const segment = Buffer.from(random.pick(SEGMENTS)).toString('latin1');
  segments.splice(at, random.below(2), segment);
  return segments.join('/') + random.pick(['', '', '?a=b', '/', '//', '#x']);
}

/** Anything may be wrong with it, the framing too. */
function broken(input: FuzzInput, random: Random): FuzzInput {
  return { bytes: spoilt(input.bytes, random), methods: input.methods, isFramed: false };
}

/** Some bytes changed, cut off, put in or doubled. */
function spoilt(source: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(source.byteLength + 1);
  switch (random.below(4)) {
    case 0:
      return Buffer.from(source.subarray(0, at));
    case 1:
      return Buffer.concat([source.subarray(0, at), bytes(random, 1 + random.below(8)), source.subarray(at)]);
    case 2:
      return Buffer.concat([source, source.subarray(at)]);
    default: {
      const copy = Buffer.from(source);
      for (let i = 1 + random.below(4); i > 0 && copy.byteLength > 0; i--)
        copy[random.below(copy.byteLength)] = random.below(256);
      return copy;
    }
  }
}
