import { EXIT } from '../cli-error';
import type { Command, CommandContext } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';

const NOTES = [
  "Done by the engine's control plane where that is known, else by the protocol's repository extension.",
];

export const modelsLoadCommand: Command = {
  name: 'models load',
  summary: 'load a model, or load it again; returns when it serves',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: NOTES,
  run: async (context) => {
    const [name = ''] = context.positionals;
    const control = await context.engine.control();
    if (!control) {
      await (await context.engine.inference()).load(name);
      context.show({ model: name, state: 'ready' }, () => `${name} is loaded`);
      return EXIT.ok;
    }
    const model = await control.call((calls) => calls.loadModel.mutate({ name }));
    const { state, versionsReady, activeProvider, loadDurationMs } = model;
    context.show({ model: name, state, versionsReady, activeProvider, loadDurationMs }, () => {
      const version = versionsReady.length === 1 ? 'version' : 'versions';
      const took = loadDurationMs === null ? '' : `, in ${(loadDurationMs / 1000).toFixed(2)} s`;
      return `${name} is ${state}: ${version} ${versionsReady.join(', ')} on ${activeProvider ?? 'nothing'}${took}`;
    });
    return EXIT.ok;
  },
};

export const modelsUnloadCommand: Command = {
  name: 'models unload',
  summary: 'unload a model; what it has accepted is still answered',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: NOTES,
  run: async (context) => {
    const [name = ''] = context.positionals;
    await unload(context, name);
    context.show({ model: name, state: 'unavailable' }, () => `${name} is unloaded`);
    return EXIT.ok;
  },
};

async function unload({ engine }: CommandContext, name: string): Promise<void> {
  const control = await engine.control();
  if (control) await control.call((calls) => calls.unloadModel.mutate({ name }));
  else await (await engine.inference()).unload(name);
}
