import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits, as they appear in an address. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in constant time, whatever the lengths. */
export function sameToken(expected: string, given: string | null | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given ?? '')) && given !== undefined && given !== null;
}
