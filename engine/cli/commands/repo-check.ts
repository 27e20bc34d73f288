import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { toEngineError } from '../../base';
import { defaultDataPath } from '../../config';
import type { CheckedModel, RepositoryCheck } from '../../models';
import { EXIT, failure } from '../cli-error';
import type { Command, CommandContext } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import type { Terminal } from '../terminal';
import { textTable } from '../text-table';

export const repoCheckCommand: Command = {
  name: 'repo check',
  summary: 'read a model repository as an engine would, and say what holds and why',
  positionals: [{ name: 'DIR', optional: true, completes: 'folder' }],
  options: [
    { name: 'model', value: 'NAME', summary: 'this model only', completes: 'model' },
    { name: 'quiet', value: null, summary: 'only what is wrong or has no effect' },
    ...ENGINE_OPTIONS.filter(({ name }) => name === 'data-dir'),
    ...COMMON_OPTIONS,
  ],
  notes: [
    'Nothing is loaded and no engine has to run. Without DIR: FERRY_REPOSITORY, else the repository of the engine that runs, else',
    'the usual one. Ends with 1 when a model cannot be served.',
  ],
  run: async (context) => {
    const path = await repositoryOf(context);
    const model = context.values.text('model');
    const { checkRepository } = await import('../../models');
    const check = await checkRepository(path, model === null ? {} : { model }).catch((error: unknown) => {
      throw failure(toEngineError(error).message, error);
    });
    context.show(check, () => checkText(check, context.terminal, context.values.has('quiet')));
    return check.models.some(({ status }) => status === 'error') ? EXIT.failed : EXIT.ok;
  },
};

async function repositoryOf({ positionals: [given], cwd, env, engine }: CommandContext): Promise<string> {
  const named = given ?? (env.FERRY_REPOSITORY || null);
  if (named !== null) return resolve(cwd, named);
  const { repositoryPath } = await engine.address();
  return repositoryPath ?? join(defaultDataPath(process.platform, env, homedir()), 'models');
}

const COLOURS = { ok: 'green', warn: 'yellow', error: 'red' } as const;

function checkText(
  { path, models, passedOver }: RepositoryCheck,
  terminal: Terminal,
  quiet: boolean,
): string {
  const parts = models.map((model) => modelText(model, terminal, quiet)).filter((text) => text !== null);
  for (const { name, reason } of passedOver) parts.push(`${name}: no model, passed over: ${reason}`);
  const count = (status: CheckedModel['status']): number =>
    models.filter((model) => model.status === status).length;
  const summary = `${path}: ${models.length} models, ${count('ok')} ok, ${count('warn')} with notices, ${count('error')} with errors`;
  return [...parts, summary].join('\n\n');
}

function modelText(model: CheckedModel, terminal: Terminal, quiet: boolean): string | null {
  const { name, status, values, notices, error } = model;
  if (quiet && status === 'ok') return null;
  const lines = [`${name}: ${terminal.paint(COLOURS[status], status)}`];
  if (error !== null) lines.push(`  ${error}`);
  for (const notice of notices) lines.push(`  notice: ${notice}`);
  if (values.length > 0 && !quiet) {
    const table = textTable(
      [{ title: 'VALUE' }, { title: '' }, { title: 'FROM' }, { title: '' }],
      values.map(({ path, value, origin, note }) => [path, value, origin, note ?? '']),
    );
    lines.push(table.replace(/^/gm, '  '));
  }
  return lines.join('\n');
}
