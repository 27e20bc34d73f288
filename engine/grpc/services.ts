import { CONTROL_METHODS } from './control-methods';
import { HEALTH_METHODS } from './health-methods';
import { modelInfer, modelStreamInfer } from './infer-methods';
import type { Method } from './method';
import { reflectionMethod } from './reflection-methods';

/** Every method of the door by its path, "/package.Service/Method". */
export function createServices(): ReadonlyMap<string, Method> {
  const services: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
    'inference.GRPCInferenceService': {
      ModelInfer: modelInfer,
      ModelStreamInfer: modelStreamInfer,
      ...CONTROL_METHODS,
    },
    'grpc.health.v1.Health': HEALTH_METHODS,
    'grpc.reflection.v1.ServerReflection': { ServerReflectionInfo: reflectionMethod('v1') },
    'grpc.reflection.v1alpha.ServerReflection': { ServerReflectionInfo: reflectionMethod('v1alpha') },
  };
  return new Map(
    Object.entries(services).flatMap(([service, methods]) =>
      Object.entries(methods).map(([name, method]) => [`/${service}/${name}`, method] as const),
    ),
  );
}
