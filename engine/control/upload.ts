import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError, invalid } from '../base';

/**
 * Takes a model file from a browser, which cannot give a path, into a folder of its own under `directory`. The caller loads it
 * from there; what lies there is deleted at the next start.
 *
 * Throws INVALID_ARGUMENT for a name that is not a plain `.onnx` name, PAYLOAD_TOO_LARGE beyond `limitBytes`, CANCELLED when
 * the browser goes away; nothing is left behind then.
 *
 * @returns path of the file
 */
export async function receiveUpload(
  request: IncomingMessage,
  name: string,
  directory: string,
  limitBytes: number,
): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._ -]{0,120}\.onnx$/.test(name)) {
    throw invalid(
      `file name "${name.slice(0, 200)}": expected a name that ends in ".onnx", of letters, digits, ".", "_", "-" and spaces, at most 125 long`,
    );
  }
  const folder = join(directory, `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`);
  const path = join(folder, name);
  await mkdir(folder, { recursive: true });
  try {
    await pipeline(request, limited(limitBytes), createWriteStream(path, { flags: 'wx' }));
    return path;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof EngineError) throw error;
    if (request.destroyed && !request.complete) throw new EngineError('CANCELLED', 'the upload was cut off');
    throw error;
  }
}

function limited(limitBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > limitBytes)
        done(
          new EngineError(
            'PAYLOAD_TOO_LARGE',
            `the file is larger than ${limitBytes} bytes; put it into the repository folder instead`,
          ),
        );
      else done(null, chunk);
    },
  });
}
