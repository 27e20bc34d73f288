import { z } from 'zod';
import { ENGINE_VERSION } from '../base';
import { errorSchema } from './message-schemas';
import type { Route } from './operations';

type JsonObject = Record<string, unknown>;

/** The OpenAPI 3.1 description of the door, made of the table that it serves by. */
export function openApiDocument(routes: readonly Route[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ferry: Open Inference Protocol over HTTP',
      version: ENGINE_VERSION,
      description:
        'Every path that a GET is described for takes HEAD too. Bodies may be compressed with gzip or deflate.',
    },
    paths,
    components: { schemas: { Error: schemaOf(errorSchema) } },
  };
}

/** `/v2/models/:model/versions/:version(^\d+$)` as `/v2/models/{model}/versions/{version}`. */
export function templateOf(path: string): string {
  return path.replace(/:([a-z]+)(\([^)]*\))?/g, '{$1}');
}

function operationOf({ operation }: Route, path: string): JsonObject {
  const { summary, request, answer, isBinary } = operation;
  const names = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
  return {
    summary,
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'version' ? { type: 'string', pattern: '^\\d+$' } : { type: 'string' },
    })),
    ...(request ? { requestBody: { required: isBinary, content: contentOf(request, isBinary) } } : {}),
    responses: {
      ...(operation.isRefused
        ? {}
        : { 200: { description: 'Done', ...(answer ? { content: contentOf(answer, isBinary) } : {}) } }),
      default: {
        description: 'An error; the header ferry-error-code has its code',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

/** Binary: JSON, followed by bytes of tensors; the header Inference-Header-Content-Length says where. */
function contentOf(schema: z.ZodType, isBinary: boolean): JsonObject {
  const json = { 'application/json': { schema: schemaOf(schema) } };
  return isBinary ? { ...json, 'application/octet-stream': {} } : json;
}

function schemaOf(schema: z.ZodType): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
