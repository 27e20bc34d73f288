import type { BigIntStats, Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, win32 } from 'node:path';
import { EngineError } from '../base';

/** A tensor whose bytes lie outside the ONNX file, as the file states it. */
export interface ExternalReference {
  /** "initializer \"w\"", for messages. */
  readonly tensor: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
  /** False: the tensor names a place but is not marked as external, so the runtime will not look there. */
  readonly marked: boolean;
}

export interface ExternalFile {
  /** Relative to the model's folder, with '/' between its parts. */
  readonly path: string;
  readonly sizeBytes: number;
}

const refuse = (reference: ExternalReference, text: string): EngineError =>
  new EngineError('MODEL_INVALID', `${reference.tensor} keeps its data in another file: ${text}`);

/**
 * Checks every reference and answers the distinct files and the bytes in them that tensors use. A file must be a plain one
 * inside the model's folder: no way up, no absolute path, no symbolic link on the way and no second hard link, because each
 * of these has been used to make a runtime read a file that is not the model's.
 *
 * Errors: MODEL_INVALID, naming the tensor, the place and what to do.
 */
export async function checkExternalData(
  onnxPath: string,
  references: readonly ExternalReference[],
): Promise<{ files: readonly ExternalFile[]; referencedBytes: number }> {
  const folder = dirname(onnxPath);
  const files = new Map<string, ExternalFile>();
  let referencedBytes = 0;
  for (const reference of references) {
    const { location, offset, length } = readEntries(reference);
    const parts = pathParts(reference, location, basename(onnxPath));
    if (!reference.marked) continue;
    const path = parts.join('/');
    const file = files.get(path) ?? (await plainFile(reference, folder, parts));
    files.set(path, file);
    referencedBytes += checkRange(reference, file, offset, length);
  }
  return { files: [...files.values()], referencedBytes };
}

interface Range {
  readonly location: string;
  readonly offset: number;
  readonly length: number | null;
}

function readEntries(reference: ExternalReference): Range {
  const seen = new Map<string, string>();
  for (const [key, value] of reference.entries) {
    // A reader that takes the first and one that takes the last would see two files.
    if (seen.has(key)) throw refuse(reference, `it states "${key}" twice. Export the model again.`);
    seen.set(key, value);
  }
  const location = seen.get('location') ?? '';
  if (location === '')
    throw refuse(reference, 'it does not say which ("location" is missing). Export the model again.');
  return {
    location,
    offset: wholeNumber(reference, 'offset', seen.get('offset') ?? '0'),
    length: seen.has('length') ? wholeNumber(reference, 'length', seen.get('length') ?? '') : null,
  };
}

function wholeNumber(reference: ExternalReference, key: string, value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw refuse(reference, `its ${key} "${value}" is not a whole number of bytes. Export the model again.`);
}

function pathParts(reference: ExternalReference, location: string, onnxName: string): string[] {
  // ONNX Runtime reads locations that begin like this as an address in its own memory.
  if (location.startsWith('*/')) throw refuse(reference, `"${location}" is not a file name.`);
  if (location.includes('\0')) throw refuse(reference, 'its file name contains a zero byte.');
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[A-Za-z]:/.test(location)) {
    throw refuse(
      reference,
      `"${location}" is an absolute path. Put the file beside ${onnxName} and export with a relative location.`,
    );
  }
  const parts = location.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) {
    throw refuse(
      reference,
      `"${location}" lies outside the model's folder. Put the file beside ${onnxName} and export again.`,
    );
  }
  return parts;
}

async function plainFile(
  reference: ExternalReference,
  folder: string,
  parts: readonly string[],
): Promise<ExternalFile> {
  let path = folder;
  let found: Stats | BigIntStats | null = null;
  for (const part of parts) {
    path = join(path, part);
    found = await lstat(path).catch(() => null);
    if (found === null)
      throw refuse(reference, `"${parts.join('/')}" is not there. Copy it beside the ONNX file.`);
    if (found.isSymbolicLink()) {
      throw refuse(
        reference,
        `"${parts.join('/')}" is or goes through a symbolic link. Copy the real file into the model's folder.`,
      );
    }
  }
  if (found === null || !found.isFile()) throw refuse(reference, `"${parts.join('/')}" is not a plain file.`);
  if (Number(found.nlink) > 1) {
    throw refuse(
      reference,
      `"${parts.join('/')}" is a hard link that ${found.nlink} names share. Replace it by a copy of its own.`,
    );
  }
  return { path: parts.join('/'), sizeBytes: Number(found.size) };
}

function checkRange(
  reference: ExternalReference,
  file: ExternalFile,
  offset: number,
  length: number | null,
): number {
  const end = offset + (length ?? 0);
  if (end > file.sizeBytes) {
    throw refuse(
      reference,
      `bytes ${offset} to ${end} of "${file.path}", but the file has ${file.sizeBytes} bytes. Copy it again, it may be cut off.`,
    );
  }
  return length ?? file.sizeBytes - offset;
}
