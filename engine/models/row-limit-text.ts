const UNTIL = 'until a larger one, tried now and then, fits, or its settings change or it is loaded again';

/**
 * What is said of a limit to the rows of a batch that a lack of memory set or that was raised.
 *
 * @param rowLimit infinity: there is none any more
 * @param failedRows of the batch that did not fit; null: one fitted that was larger than the limit
 * @returns `notice` holds as long as the limit does; null without one
 */
export function rowLimitText(
  rowLimit: number,
  failedRows: number | null,
): { readonly notice: string | null; readonly event: string } {
  if (rowLimit === Number.POSITIVE_INFINITY)
    return {
      notice: null,
      event: 'its largest batch fits into memory again: batches are not limited any more',
    };
  const limit = `batches have at most ${rowLimit} rows ${UNTIL}`;
  if (failedRows === null)
    return { notice: limit, event: `a batch of ${rowLimit} rows fitted into memory: ${limit}` };
  const notice = `a batch of ${failedRows} rows did not fit into memory: ${limit}`;
  return { notice, event: notice };
}
