import { describe, expect, it } from 'vitest';
import { exportName, historyCsv, runPointsCsv } from './export-run';
import { run } from './test-run';

describe('export of a run', () => {
  it('quotes what CSV needs quoted and leaves unmeasured cells empty', () => {
    expect(historyCsv([run])).toContain('"a ""quoted"", label"');
    expect(runPointsCsv(run).split('\r\n')[1]).toBe('0,1,1,0,,2');
  });

  it('gives every row as many cells as the header has', () => {
    const [header, row] = historyCsv([{ ...run, scenario: { ...run.scenario, label: 'plain' } }]).split(
      '\r\n',
    );
    expect(row?.split(',').length).toBe(header?.split(',').length);
  });

  it('does not let a label become a formula in a spreadsheet', () => {
    expect(historyCsv([{ ...run, scenario: { ...run.scenario, label: '=1+1' } }])).toContain("'=1+1");
  });

  it('names the file without characters that a file system refuses', () => {
    expect(exportName(run, '.csv')).toBe('ferry-load-test_demo-mlp_a-quoted-label_1970-01-01T00-00-00.csv');
  });
});
