import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor';
import { invalid } from '../../base';
import { MODEL_CONFIG_PROTO } from '../../config';
import { INFERENCE_PROTO } from './inference-proto';
import { HEALTH_PROTO, reflectionProto } from './support-protos';

/** The files of everything that the door serves; each has one package. */
const FILES: readonly { readonly name: string; readonly texts: readonly string[] }[] = [
  { name: 'inference.proto', texts: [MODEL_CONFIG_PROTO, INFERENCE_PROTO] },
  { name: 'grpc/health/v1/health.proto', texts: [HEALTH_PROTO] },
  { name: 'grpc/reflection/v1/reflection.proto', texts: [reflectionProto('v1')] },
  { name: 'grpc/reflection/v1alpha/reflection.proto', texts: [reflectionProto('v1alpha')] },
];

const roots = FILES.map(({ name, texts }) => {
  const root = new protobuf.Root();
  for (const text of texts) protobuf.parse(text, root, { keepCase: true });
  root.resolveAll();
  return { name, root };
});

/** A message type by its full name. For all but ModelInfer, which is read and written by hand. */
export function messageType(fullName: string): protobuf.Type {
  for (const { root } of roots) {
    const found = root.lookup(fullName, [protobuf.Type]);
    if (found instanceof protobuf.Type) return found;
  }
  throw new RangeError(`there is no message ${fullName}`);
}

/** Decodes to a plain object: every field present, 64-bit integers as text where a number would not be exact. */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  try {
    return type.toObject(type.decode(bytes), { longs: String, defaults: true, oneofs: true });
  } catch (error) {
    throw invalid(`${type.name} cannot be read: ${(error as Error).message}`);
  }
}

export function encodeMessage(type: protobuf.Type, value: Readonly<Record<string, unknown>>): Uint8Array {
  return type.encode(type.fromObject(value)).finish();
}

export interface FileDescriptor {
  readonly name: string;
  /** A serialised FileDescriptorProto. */
  readonly bytes: Uint8Array;
  readonly services: readonly string[];
  /** Full names of everything that it defines. */
  readonly symbols: ReadonlySet<string>;
}

let descriptors: readonly FileDescriptor[] | null = null;

/** What reflection tells; made when it is first asked for. */
export function fileDescriptors(): readonly FileDescriptor[] {
  descriptors ??= roots.map(({ name, root }) => describe(name, root));
  return descriptors;
}

function describe(name: string, root: protobuf.Root): FileDescriptor {
  // The extension adds `toDescriptor` to protobufjs's own classes.
  const set = (root as protobuf.Root & { toDescriptor(edition: string): protobuf.Message }).toDescriptor(
    'proto3',
  );
  const { file: files } = descriptor.FileDescriptorSet.toObject(set) as { file: Record<string, unknown>[] };
  const file = files.find(({ messageType: messages }) => Array.isArray(messages) && messages.length > 0);
  const bytes = descriptor.FileDescriptorProto.encode(
    descriptor.FileDescriptorProto.fromObject({ ...file, name, syntax: 'proto3' }),
  ).finish();
  const objects = [...everythingIn(root)];
  const services = objects.filter((object) => object instanceof protobuf.Service).map(nameOf);
  return { name, bytes, services, symbols: new Set(objects.flatMap(symbolsOf)) };
}

function* everythingIn(namespace: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const object of namespace.nestedArray) {
    yield object;
    if (object instanceof protobuf.Namespace) yield* everythingIn(object);
  }
}

/** An object's own name, and those of its fields or methods. */
function symbolsOf(object: protobuf.ReflectionObject): string[] {
  if (object instanceof protobuf.Type) return [object, ...object.fieldsArray].map(nameOf);
  if (object instanceof protobuf.Service) return [object, ...object.methodsArray].map(nameOf);
  return object instanceof protobuf.Enum ? [nameOf(object)] : [];
}

function nameOf(object: protobuf.ReflectionObject): string {
  return object.fullName.slice(1);
}
