import { promisify } from 'node:util';
import { constants, createGunzip, createInflate, deflate, gzip } from 'node:zlib';
import { invalid } from '../base';
import { BodyCollector, bodyTooLarge } from './body-collector';
import { ErrorWithHeaders } from './error-response';
import type { Exchange } from './exchange';

/** The two codings of the protocol. `deflate` is a zlib stream (RFC 1950), as HTTP has it. */
type Coding = 'gzip' | 'deflate';

const PIECE_BYTES = 64 * 1024;
/** Tensors hardly shrink, and answers wait for it: the cheapest level. */
const OPTIONS = { level: constants.Z_BEST_SPEED };
const COMPRESS = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** Thrown for a coding that is not understood; says which ones are, as RFC 9110 §12.5.3 wants it. */
class UnknownCoding extends ErrorWithHeaders {
  constructor(coding: string) {
    super(
      'UNSUPPORTED',
      `Content-Encoding ${JSON.stringify(coding.slice(0, 60))} is not supported; gzip, deflate and identity are`,
      { 'Accept-Encoding': 'gzip, deflate' },
    );
  }
}

/**
 * The body of a request as it was before it was compressed. Throws or rejects as `Exchange.body`, with UNSUPPORTED for other
 * codings than gzip and deflate, and with PAYLOAD_TOO_LARGE as soon as more than `limitBytes` come out.
 */
export function plainBody(exchange: Exchange, limitBytes: number): Uint8Array | Promise<Uint8Array> {
  const named = exchange.head.headers.get('content-encoding');
  if (named === undefined) return exchange.body(limitBytes);
  const coding = named.toLowerCase();
  if (coding === 'identity') return exchange.body(limitBytes);
  if (coding !== 'gzip' && coding !== 'deflate') throw new UnknownCoding(named);
  return Promise.resolve(exchange.body(limitBytes)).then((body) => unpack(body, coding, limitBytes));
}

/** Unpacks piece by piece: what a small body claims to hold is never taken beyond the limit. */
function unpack(packed: Uint8Array, coding: Coding, limitBytes: number): Promise<Uint8Array> {
  const stream =
    coding === 'gzip' ? createGunzip({ chunkSize: PIECE_BYTES }) : createInflate({ chunkSize: PIECE_BYTES });
  const collector = new BodyCollector(null, limitBytes);
  return new Promise((resolve, reject) => {
    stream.on('data', (piece: Buffer) => {
      try {
        collector.add(piece);
      } catch {
        stream.destroy();
        reject(bodyTooLarge(`the body is larger once it is unpacked (${coding})`, limitBytes));
      }
    });
    stream.once('error', (error) => reject(invalid(`the body is not valid ${coding}: ${error.message}`)));
    stream.once('end', () => {
      const extra = packed.byteLength - stream.bytesWritten;
      if (extra > 0) reject(invalid(`the body has ${extra} bytes after the end of its ${coding} data`));
      else resolve(collector.body());
    });
    stream.end(packed);
  });
}

/**
 * The coding that a client wants its answer in: of those we have, the one with the highest quality, the first of equal ones.
 * Null: as it is. What is not understood of the header is passed over.
 */
export function wantedCoding(acceptEncoding: string | undefined): Coding | null {
  if (acceptEncoding === undefined) return null;
  let best: { readonly coding: Coding | 'identity'; readonly quality: number } | null = null;
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (name !== 'gzip' && name !== 'deflate' && name !== 'identity') continue;
    const quality = qualityOf(parameters);
    if (quality > (best?.quality ?? 0)) best = { coding: name, quality };
  }
  return best === null || best.coding === 'identity' ? null : best.coding;
}

/** 0 for a quality that is none, which is: not wanted. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((text) => text.startsWith('q='));
  if (given === undefined) return 1;
  return /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(given) ? Number(given.slice(2)) : 0;
}

/** One chunk in place of all. */
export async function compressed(chunks: readonly Uint8Array[], coding: Coding): Promise<Uint8Array> {
  const [first] = chunks;
  return COMPRESS[coding](chunks.length === 1 && first ? first : Buffer.concat(chunks), OPTIONS);
}
