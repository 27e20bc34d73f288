import { z } from 'zod';

/**
 * What main and the engine process say to each other: plain values, one union per direction. Both ends check what they
 * receive, since a message that is not in the union means that the two are not of one build.
 */

/** Beats come at this rate while the engine's event loop turns. */
export const HEARTBEAT_MS = 1_000;

const startOrder = z.strictObject({
  kind: z.literal('start'),
  /** The operator's own options, as typed. */
  argv: z.array(z.string()),
  /** What holds where the operator said nothing. */
  home: z.strictObject({
    dataPath: z.string(),
    starterModelsPath: z.string(),
    /** The built console, for browsers that open the control plane's address. */
    rendererPath: z.string(),
  }),
});

const stopOrder = z.strictObject({ kind: z.literal('stop'), reason: z.string() });

const toEngine = z.discriminatedUnion('kind', [startOrder, stopOrder]);

const fromEngine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ready'),
    /** Origin of the control plane, `http://127.0.0.1:<port>`. */
    controlUrl: z.url({ protocol: /^http$/ }),
    token: z.string().min(16),
    /** What the engine gives accepted requests when it stops. */
    drainTimeoutMs: z.number().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('failed-to-start'), code: z.string(), message: z.string() }),
  z.strictObject({ kind: z.literal('heartbeat') }),
  /** Every request that was accepted has been answered; the process ends next. */
  z.strictObject({ kind: z.literal('drained') }),
]);

export type EngineOrder = z.infer<typeof toEngine>;
export type StartOrder = z.infer<typeof startOrder>;
export type EngineReport = z.infer<typeof fromEngine>;

/** The order in a message that main sent, or null when it is not one. */
export function readEngineOrder(message: unknown): EngineOrder | null {
  return toEngine.safeParse(message).data ?? null;
}

/** The report in a message that the engine process sent, or null when it is not one. */
export function readEngineReport(message: unknown): EngineReport | null {
  return fromEngine.safeParse(message).data ?? null;
}
