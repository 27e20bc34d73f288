import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyPool } from './body-pool';

const KIB = 1024;

test('what is given back is taken again, for a body of about its size', () => {
  const pool = new BodyPool();
  const first = pool.take(110 * KIB);
  pool.give(first);
  expect(pool.take(20 * KIB)).not.toBe(first);
  expect(pool.take(120 * KIB)).toBe(first);
  expect(pool.take(110 * KIB)).not.toBe(first);
});

test('nothing is kept of small bodies, nor beyond the limit', () => {
  const pool = new BodyPool(200 * KIB);
  const small = pool.take(KIB);
  expect(small.byteLength).toBe(KIB);
  pool.give(small);
  expect(pool.take(KIB)).not.toBe(small);
  const two = [pool.take(128 * KIB), pool.take(128 * KIB)] as const;
  for (const one of two) pool.give(one);
  expect(pool.take(128 * KIB)).toBe(two[0]);
  expect(pool.take(128 * KIB)).not.toBe(two[1]);
});

test('what is of a size that is no longer sent makes room', () => {
  const pool = new BodyPool(300 * KIB);
  const old = pool.take(256 * KIB);
  pool.give(old);
  const now = pool.take(64 * KIB);
  pool.give(now);
  expect(pool.take(64 * KIB)).toBe(now);
  expect(pool.take(256 * KIB)).not.toBe(old);
});

test('bodies in use never share memory, and are as large as was asked for (property)', () => {
  const steps = fc.array(
    fc.oneof(fc.record({ take: fc.integer({ min: 1, max: 300 * KIB }) }), fc.record({ give: fc.nat(20) })),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 600 * KIB }), (all, mostBytes) => {
      const pool = new BodyPool(mostBytes);
      const inUse: Buffer[] = [];
      for (const step of all) {
        if ('take' in step) {
          const taken = pool.take(step.take);
          expect(taken.byteLength).toBeGreaterThanOrEqual(step.take);
          expect(inUse.some(({ buffer }) => buffer === taken.buffer)).toBe(false);
          inUse.push(taken);
        } else if (inUse.length > 0) {
          pool.give(inUse.splice(step.give % inUse.length, 1)[0] as Buffer);
        }
      }
    }),
  );
});
