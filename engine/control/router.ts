import { initTRPC, type TRPCError } from '@trpc/server';
import { z } from 'zod';
import { toEngineError } from '../base';
import {
  type ControlErrorData,
  type ErrorCode,
  loadTestScenarioSchema,
  type ModelSettingsPatch,
  modelNameSchema,
} from '../contract';
import { follow } from './follow';
import type { ControlServices, Feed, Observable } from './services';

const t = initTRPC.context<{ services: ControlServices }>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, stack: undefined, ferryCode: ferryCodeOf(error) } satisfies typeof shape.data &
      ControlErrorData,
  }),
});

function ferryCodeOf(error: TRPCError): ErrorCode {
  if (error.cause instanceof z.ZodError || error.code === 'BAD_REQUEST') return 'INVALID_ARGUMENT';
  return toEngineError(error.cause ?? error).code;
}

const path = z.string().min(1).max(4096);
const name = z.strictObject({ name: modelNameSchema });
const id = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) });

/** The registry checks it: only there is it known what contradicts what, and all faults are to be told at once. */
const settingsPatch = z.custom<ModelSettingsPatch>(
  (patch) => typeof patch === 'object' && patch !== null && !Array.isArray(patch),
  'must be an object of settings',
);

/** A subscription to a changing value: the value now, then each change; only the newest when the reader is slow. */
const watch = <T>(pick: (services: ControlServices) => Observable<T>) =>
  t.procedure.subscription(async function* ({ ctx, signal }) {
    const source = pick(ctx.services);
    yield* follow<T>(
      (push) => {
        push(source.get());
        return source.subscribe(push);
      },
      { signal, keep: 1 },
    );
  });

/** A subscription to items: first one message with those kept, then each new one. Messages are arrays. */
const stream = <T>(pick: (services: ControlServices) => Feed<T>, keep: number) =>
  t.procedure.subscription(async function* ({ ctx, signal }) {
    const source = pick(ctx.services);
    yield* follow<readonly T[]>(
      (push) => {
        push(source.recent());
        return source.subscribe((item) => push([item]));
      },
      { signal, keep },
    );
  });

/** The control plane: the only way in which a console reaches the engine. */
export const controlRouter = t.router({
  status: watch((s) => s.status),
  models: watch((s) => s.models),
  showMe: watch((s) => s.showMe),
  loadTest: watch((s) => s.loadTest),
  metrics: stream((s) => s.metrics, 64),
  marks: stream((s) => s.marks, 256),
  logs: stream((s) => s.logs, 2048),

  inspectModel: t.procedure
    .input(z.strictObject({ path }))
    .mutation(({ ctx, input }) => ctx.services.inspectModel(input.path)),
  importModel: t.procedure
    .input(z.strictObject({ path, name: modelNameSchema.nullable() }))
    .mutation(({ ctx, input }) => ctx.services.importModel(input.path, input.name)),
  loadModel: t.procedure.input(name).mutation(({ ctx, input }) => ctx.services.loadModel(input.name)),
  unloadModel: t.procedure.input(name).mutation(({ ctx, input }) => ctx.services.unloadModel(input.name)),
  removeModel: t.procedure.input(name).mutation(({ ctx, input }) => ctx.services.removeModel(input.name)),
  rescan: t.procedure.mutation(({ ctx }) => ctx.services.rescan()),
  updateSettings: t.procedure
    .input(z.strictObject({ name: modelNameSchema, patch: settingsPatch }))
    .mutation(({ ctx, input }) => ctx.services.updateSettings(input.name, input.patch)),
  previewSettings: t.procedure
    .input(z.strictObject({ name: modelNameSchema, patch: settingsPatch }))
    .query(({ ctx, input }) => ctx.services.previewSettings(input.name, input.patch)),
  updateMemoryBudget: t.procedure
    .input(z.strictObject({ budgets: z.array(z.string().max(1000)).min(1).max(64) }))
    .mutation(({ ctx, input }) => ctx.services.updateMemoryBudget(input.budgets)),
  modelConfiguration: t.procedure
    .input(name)
    .query(({ ctx, input }) => ctx.services.modelConfiguration(input.name)),
  recentBatches: t.procedure.input(name).query(({ ctx, input }) => ctx.services.recentBatches(input.name)),

  startLoadTest: t.procedure
    .input(loadTestScenarioSchema)
    .mutation(({ ctx, input }) => ctx.services.startLoadTest(input)),
  stopLoadTest: t.procedure.mutation(({ ctx }) => ctx.services.stopLoadTest()),
  listLoadTests: t.procedure.query(({ ctx }) => ctx.services.listLoadTests()),
  getLoadTest: t.procedure.input(id).query(({ ctx, input }) => ctx.services.getLoadTest(input.id)),
  deleteLoadTest: t.procedure.input(id).mutation(({ ctx, input }) => ctx.services.deleteLoadTest(input.id)),
  startShowMe: t.procedure.mutation(({ ctx }) => ctx.services.startShowMe()),
  stopShowMe: t.procedure.mutation(({ ctx }) => ctx.services.stopShowMe()),
});

/** What the renderer types its client with (type-only import). */
export type ControlRouter = typeof controlRouter;
