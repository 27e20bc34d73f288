import { EngineError } from '../base';
import type { DataPlane } from '../dataplane';
import {
  decodeGrpcIndexRequest,
  decodeGrpcLoadRequest,
  decodeGrpcLogRequest,
  decodeGrpcTraceRequest,
  decodeGrpcUnloadRequest,
  decodeModelRequest,
  encodeGrpcIndex,
  encodeGrpcLogSettings,
  encodeGrpcModelConfig,
  encodeGrpcModelMetadata,
  encodeGrpcServerMetadata,
  encodeGrpcStatistics,
  encodeGrpcTraceSettings,
  encodeLive,
  encodeReady,
  sharedMemoryUnsupported,
  versionOf,
} from '../protocol';
import type { UnaryMethod } from './method';

const EMPTY = new Uint8Array(0);

/** All methods of the inference service that do not infer, by name. */
export const CONTROL_METHODS: Readonly<Record<string, UnaryMethod>> = {
  ServerLive: unary((_message, dataPlane) => encodeLive({ live: dataPlane.isLive() })),
  ServerReady: unary((_message, dataPlane) => encodeReady({ ready: dataPlane.isReady() })),
  ModelReady: unary((message, dataPlane) => encodeReady({ ready: isModelReady(message, dataPlane) })),
  ServerMetadata: unary((_message, dataPlane) => encodeGrpcServerMetadata(dataPlane.serverInfo())),
  ModelMetadata: unary((message, dataPlane) => {
    const { name, version } = decodeModelRequest(message);
    return encodeGrpcModelMetadata(dataPlane.modelMetadata(name, versionOf(version)));
  }),
  ModelConfig: unary((message, dataPlane) => {
    const { name, version } = decodeModelRequest(message);
    return encodeGrpcModelConfig(dataPlane.modelConfig(name, versionOf(version)));
  }),
  ModelStatistics: unary((message, dataPlane) => {
    const { name, version } = decodeModelRequest(message);
    return encodeGrpcStatistics(dataPlane.statistics(name === '' ? null : name, versionOf(version)));
  }),
  RepositoryIndex: unary((message, dataPlane) =>
    encodeGrpcIndex(dataPlane.repositoryIndex(decodeGrpcIndexRequest(message))),
  ),
  RepositoryModelLoad: unary(async (message, dataPlane) => {
    const { name, override } = decodeGrpcLoadRequest(message);
    await dataPlane.loadModel(name, override);
    return EMPTY;
  }),
  RepositoryModelUnload: unary(async (message, dataPlane) => {
    await dataPlane.unloadModel(decodeGrpcUnloadRequest(message));
    return EMPTY;
  }),
  TraceSetting: unary((message, dataPlane) => {
    const { model, change } = decodeGrpcTraceRequest(message);
    // Without a change it is a question.
    const settings =
      change.size === 0 ? dataPlane.traceSettings(model) : dataPlane.updateTraceSettings(model, change);
    return encodeGrpcTraceSettings(settings);
  }),
  LogSettings: unary((message, dataPlane) => {
    const change = decodeGrpcLogRequest(message);
    return encodeGrpcLogSettings(
      change.size === 0 ? dataPlane.logSettings() : dataPlane.updateLogSettings(change),
    );
  }),
  ...sharedMemory('System'),
  ...sharedMemory('Cuda'),
};

function unary(
  handle: (message: Buffer, dataPlane: DataPlane) => Uint8Array | Promise<Uint8Array>,
): UnaryMethod {
  return { kind: 'unary', handle: (message, _call, { dataPlane }) => handle(message, dataPlane) };
}

/** Clients ask this of every model of the index: one that is not there, or does not serve, is an answer and no error. */
function isModelReady(message: Buffer, dataPlane: DataPlane): boolean {
  const { name, version } = decodeModelRequest(message);
  try {
    return dataPlane.modelReady(name, versionOf(version));
  } catch (error) {
    const isAnswer =
      error instanceof EngineError && (error.code === 'MODEL_UNKNOWN' || error.code === 'VERSION_NOT_FOUND');
    if (isAnswer) return false;
    throw error;
  }
}

/** Nothing can be registered, so nothing is; what was never there is gone when clients begin by unregistering everything. */
function sharedMemory(kind: 'System' | 'Cuda'): Readonly<Record<string, UnaryMethod>> {
  return {
    [`${kind}SharedMemoryStatus`]: unary(() => EMPTY),
    [`${kind}SharedMemoryRegister`]: unary(() => {
      throw sharedMemoryUnsupported();
    }),
    [`${kind}SharedMemoryUnregister`]: unary(() => EMPTY),
  };
}
