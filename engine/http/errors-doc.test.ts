import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCodeRow } from '../contract';

const DOC = new URL('../../docs/errors.md', import.meta.url);

function tableOf(codes: Readonly<Record<string, ErrorCodeRow>>): string {
  const rows = Object.entries(codes).map(
    ([code, { httpStatus, grpcStatus, retryable, meaning }]) =>
      `| \`${code}\` | ${httpStatus} | ${grpcStatus} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  );
  return ['| Code | HTTP | gRPC | Retry | Meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

it('docs/errors.md holds the table of error codes as it is in the code', () => {
  const table = readFileSync(DOC, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(table.join('\n')).toBe(tableOf(ERROR_CODES));
});
