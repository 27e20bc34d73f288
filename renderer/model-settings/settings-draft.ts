import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  type ModelSettings,
  type ModelSettingsPatch,
  modelSettingsSchema,
  SETTING_LIMITS,
} from '../../engine/contract';
import { formatCount } from '../format';
import { SETTING_LABELS, withLabels } from './setting-labels';

export type SettingField = keyof ModelSettings;

export const SETTING_FIELDS = Object.keys(SETTING_LABELS) as readonly SettingField[];

/** These change the session itself, so the engine loads new instances and drops the old ones when they are ready. */
export const RELOAD_FIELDS: ReadonlySet<SettingField> = new Set(['executionProviders', 'intraOpThreads']);

/** What became of the operator's last change of one field. */
export type FieldStatus =
  | { readonly kind: 'idle' }
  /** Changed here, not yet confirmed by the engine. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'applied'; readonly atMs: number }
  /** Refused; the value shown is again the one in force. */
  | { readonly kind: 'failed'; readonly message: string };

export interface SettingsDraftState {
  /** What the controls show: the engine's values with the operator's unconfirmed changes over them. */
  readonly values: ModelSettings;
  readonly status: Readonly<Record<SettingField, FieldStatus>>;
}

export interface SettingsDraftOptions {
  readonly initial: ModelSettings;
  /** Sends a change; resolves with the settings then in force, rejects with an error for people to read. */
  readonly apply: (patch: ModelSettingsPatch) => Promise<ModelSettings>;
  readonly nowMs: () => number;
  /** Calls back after `delayMs`; returns the function that cancels. */
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
  /** A dragged slider sends its value when it rested for this long. */
  readonly debounceMs: number;
}

export interface SettingsDraft {
  readonly store: StoreApi<SettingsDraftState>;
  /** The operator changed a field. Shown at once, sent after the debounce, rolled back when refused. */
  edit<F extends SettingField>(field: F, value: ModelSettings[F]): void;
  /** The engine's settings changed (by whomever); fields with an unconfirmed change keep the operator's value. */
  follow(confirmed: ModelSettings): void;
  /** Sends what waits now, without the debounce. */
  flush(): void;
  /** Sends what waits and stops listening. */
  dispose(): void;
}

const IDLE: FieldStatus = { kind: 'idle' };

const LIMITS: Readonly<Partial<Record<SettingField, { readonly min: number; readonly max: number }>>> =
  SETTING_LIMITS;

/** Every field idle. */
function allIdle(): Record<SettingField, FieldStatus> {
  return Object.fromEntries(SETTING_FIELDS.map((field) => [field, IDLE])) as Record<
    SettingField,
    FieldStatus
  >;
}

/** A limit of 0.1 is not to be rounded to 0. */
const inFull = (value: number) => (Number.isInteger(value) ? formatCount(value) : String(value));

/** Why a value cannot be set, by the contract's schema; null when it can. */
export function settingFault(field: SettingField, value: unknown): string | null {
  const result = modelSettingsSchema.shape[field].safeParse(value);
  if (result.success) return null;
  const limits = LIMITS[field];
  if (limits !== undefined && typeof value === 'number')
    return `${inFull(value)} is out of range, it takes ${field === 'sloMs' ? '' : 'whole '}numbers from ${inFull(limits.min)} to ${inFull(limits.max)}`;
  return result.error.issues[0]?.message ?? 'not a valid value';
}

/**
 * The settings of one model while an operator edits them. Fields are sent one by one, in the order of their first
 * change, never two at a time, so a refusal names exactly one field and an old answer can never overtake a newer edit.
 */
export function createSettingsDraft(options: SettingsDraftOptions): SettingsDraft {
  const store = createStore<SettingsDraftState>(() => ({ values: options.initial, status: allIdle() }));
  let confirmed = options.initial;
  const waiting = new Set<SettingField>();
  let inFlight: SettingField | null = null;
  let cancelTimer: (() => void) | null = null;

  const show = (field: SettingField, value: unknown, status: FieldStatus) => {
    const state = store.getState();
    store.setState({
      values: { ...state.values, [field]: value },
      status: { ...state.status, [field]: status },
    });
  };

  const follow = (settings: ModelSettings) => {
    confirmed = settings;
    const { values } = store.getState();
    const next: Record<string, unknown> = { ...settings };
    for (const field of SETTING_FIELDS) {
      if (waiting.has(field) || inFlight === field) next[field] = values[field];
    }
    store.setState({ values: next as ModelSettings });
  };

  const settle = (field: SettingField, status: FieldStatus) => {
    inFlight = null;
    if (!waiting.has(field)) show(field, confirmed[field], status);
    sendNext();
  };

  const sendNext = () => {
    if (inFlight !== null || cancelTimer !== null) return;
    const field = waiting.values().next().value;
    if (field === undefined) return;
    waiting.delete(field);
    inFlight = field;
    options.apply({ [field]: store.getState().values[field] }).then(
      (settings) => {
        follow(settings);
        settle(field, { kind: 'applied', atMs: options.nowMs() });
      },
      (error: unknown) =>
        settle(field, {
          kind: 'failed',
          message: withLabels(error instanceof Error ? error.message : String(error)),
        }),
    );
  };

  const flush = () => {
    cancelTimer?.();
    cancelTimer = null;
    sendNext();
  };

  return {
    store,
    edit(field, value) {
      const fault = settingFault(field, value);
      if (fault !== null) {
        waiting.delete(field);
        show(field, confirmed[field], { kind: 'failed', message: fault });
        return;
      }
      waiting.add(field);
      show(field, value, { kind: 'pending' });
      cancelTimer?.();
      cancelTimer = options.schedule(flush, options.debounceMs);
    },
    follow,
    flush,
    dispose: flush,
  };
}
