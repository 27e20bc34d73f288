import type { z } from 'zod';
import type { Exchange, RouteContext, RouteParameters } from './exchange';
import { liveRoute, modelReadyRoute, readyRoute } from './health-route';
import { inferRoute } from './infer-route';
import * as schemas from './message-schemas';
import { modelConfigRoute, modelMetadataRoute, serverMetadataRoute } from './metadata-route';
import { loadRoute, namedRepositoryRoute, repositoryIndexRoute, unloadRoute } from './repository-route';
import {
  logSettingsRoute,
  traceSettingsRoute,
  updateLogSettingsRoute,
  updateTraceSettingsRoute,
} from './settings-route';
import {
  regionStatusRoute,
  registerRegionRoute,
  sharedMemoryStatusRoute,
  unregisterRoute,
} from './shared-memory-route';
import { statsRoute } from './stats-route';

/** What happens at a path, and what is said of it. */
export interface Operation {
  readonly summary: string;
  readonly handle: (
    exchange: Exchange,
    route: RouteParameters,
    context: RouteContext,
  ) => void | Promise<void>;
  /** Null: no body is looked at. */
  readonly request: z.ZodType | null;
  /** Null: the answer is empty. */
  readonly answer: z.ZodType | null;
  /** Tensors may follow the JSON as bytes, both ways. */
  readonly isBinary: boolean;
  /** It is there to say that it is not offered. */
  readonly isRefused: boolean;
}

/** One row of the table that the door serves by. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operation: Operation;
}

type Handle = Operation['handle'];

const defaults = { request: null, isBinary: false, isRefused: false } as const;
const get = (summary: string, handle: Handle, answer: z.ZodType): Operation => ({
  ...defaults,
  summary,
  handle,
  answer,
});
const post = (
  summary: string,
  handle: Handle,
  request: z.ZodType | null,
  answer: z.ZodType | null,
): Operation => ({ ...defaults, summary, handle, request, answer });
const refused = (summary: string, handle: Handle): Operation => ({
  ...defaults,
  summary,
  handle,
  answer: null,
  isRefused: true,
});

export const OPERATIONS = {
  serverMetadata: get(
    'Name, version and extensions of the server',
    serverMetadataRoute,
    schemas.serverMetadataSchema,
  ),
  live: get('Whether the server lives', liveRoute, schemas.liveSchema),
  ready: get('Whether every model that should serve does', readyRoute, schemas.readySchema),
  modelMetadata: get('Inputs and outputs of a model', modelMetadataRoute, schemas.modelMetadataSchema),
  modelReady: get('Whether a model is ready', modelReadyRoute, schemas.modelReadySchema),
  modelConfig: get('The effective configuration of a model', modelConfigRoute, schemas.modelConfigSchema),
  statistics: get('Counts and times since a model was loaded', statsRoute, schemas.statisticsSchema),
  infer: {
    ...post('Run a model', inferRoute, schemas.inferRequestSchema, schemas.inferAnswerSchema),
    isBinary: true,
  },
  index: post(
    'Models in the repository',
    repositoryIndexRoute,
    schemas.indexRequestSchema,
    schemas.indexSchema,
  ),
  load: post('Load a model, or load it anew', loadRoute, schemas.loadRequestSchema, null),
  unload: post('Unload a model', unloadRoute, schemas.unloadRequestSchema, null),
  namedRepository: refused('Not offered: there is one repository, without a name', namedRepositoryRoute),
  traceSettings: get('What is traced', traceSettingsRoute, schemas.traceSettingsSchema),
  updateTraceSettings: post(
    'Change what is traced; null takes a setting back',
    updateTraceSettingsRoute,
    schemas.settingsChangeSchema,
    schemas.traceSettingsSchema,
  ),
  logSettings: get('What is logged', logSettingsRoute, schemas.logSettingsSchema),
  updateLogSettings: post(
    'Change what is logged; null takes a setting back',
    updateLogSettingsRoute,
    schemas.settingsChangeSchema,
    schemas.logSettingsSchema,
  ),
  sharedMemoryStatus: get(
    'Regions of shared memory: always none',
    sharedMemoryStatusRoute,
    schemas.regionsSchema,
  ),
  regionStatus: refused('Not offered: no region is ever registered', regionStatusRoute),
  registerRegion: refused('Not offered: shared memory is not supported', registerRegionRoute),
  unregister: post('Nothing is registered afterwards, as before', unregisterRoute, null, null),
} as const satisfies Record<string, Operation>;
