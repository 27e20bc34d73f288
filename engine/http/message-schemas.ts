import { z } from 'zod';
import { datatypeSchema } from '../contract';

// What the door takes and gives, for its OpenAPI description. Requests are read by the codecs of ../protocol, which name field,
// value and limit in their errors and read tensors without a boxed value per element; these say the same to tools.

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const whole = z.number().int().min(0);
const tensorSpec = z.object({ name: z.string(), datatype: datatypeSchema, shape: z.array(z.number().int()) });
const duration = z.object({ count: whole, ns: whole });
/** Nested arrays too; FP32 and FP64 may hold bare NaN and Infinity, for which JSON Schema has no form. */
const data = z.array(z.unknown());

export const errorSchema = z.object({ error: z.string().min(1) });
export const liveSchema = z.object({ live: z.literal(true) });
export const readySchema = z.object({ ready: z.literal(true), live: z.boolean() });
export const modelReadySchema = z.object({ name: z.string(), ready: z.literal(true) });
export const serverMetadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});
export const modelMetadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorSpec),
  outputs: z.array(tensorSpec),
});
/** Triton's ModelConfig message; the fields that every model has. */
export const modelConfigSchema = z.looseObject({
  name: z.string(),
  platform: z.string(),
  max_batch_size: whole,
  input: z.array(z.looseObject({ name: z.string(), data_type: z.string() })),
  output: z.array(z.looseObject({ name: z.string(), data_type: z.string() })),
});
const computeDurations = { compute_input: duration, compute_infer: duration, compute_output: duration };
export const statisticsSchema = z.object({
  model_stats: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      last_inference: whole,
      inference_count: whole,
      execution_count: whole,
      inference_stats: z.looseObject({
        success: duration,
        fail: duration,
        queue: duration,
        ...computeDurations,
        cache_hit: duration,
        cache_miss: duration,
      }),
      batch_stats: z.array(z.looseObject({ batch_size: whole, ...computeDurations })),
    }),
  ),
});
export const inferRequestSchema = z.looseObject({
  id: z.string().max(1024).optional(),
  parameters: parameters.optional(),
  inputs: z
    .array(
      z.looseObject({
        name: z.string().min(1).max(1024),
        datatype: datatypeSchema,
        shape: z.array(whole).max(64),
        data: data.optional(),
        parameters: z.looseObject({ binary_data_size: whole.optional() }).optional(),
      }),
    )
    .max(1024),
  outputs: z
    .array(
      z.looseObject({
        name: z.string().min(1).max(1024),
        parameters: z
          .looseObject({ binary_data: z.boolean().optional(), classification: whole.optional() })
          .optional(),
      }),
    )
    .max(1024)
    .optional(),
});
export const inferAnswerSchema = z.object({
  id: z.string().optional(),
  model_name: z.string(),
  model_version: z.string(),
  outputs: z.array(
    tensorSpec.extend({
      data: data.optional(),
      parameters: z.object({ binary_data_size: whole }).optional(),
    }),
  ),
});
export const indexRequestSchema = z.looseObject({ ready: z.boolean().optional() });
export const indexSchema = z.array(
  z.object({
    name: z.string(),
    version: z.string().optional(),
    state: z.string().optional(),
    reason: z.string().optional(),
  }),
);
export const loadRequestSchema = z.looseObject({
  parameters: z
    .object({ config: z.string().optional() })
    .catchall(z.string())
    .optional()
    .describe('`config`: a ModelConfig as JSON text; `file:<path>`: base64, only together with `config`'),
});
export const unloadRequestSchema = z.looseObject({
  parameters: z.strictObject({ unload_dependents: z.boolean().optional() }).optional(),
});
export const traceSettingsSchema = z.object({
  trace_level: z.array(z.enum(['OFF', 'TIMESTAMPS'])),
  trace_rate: z.string(),
  trace_count: z.string(),
  log_frequency: z.string(),
  trace_file: z.string(),
  trace_mode: z.string(),
});
export const logSettingsSchema = z.object({
  log_file: z.string(),
  log_info: z.boolean(),
  log_warning: z.boolean(),
  log_error: z.boolean(),
  log_verbose_level: whole,
  log_format: z.string(),
});
export const settingsChangeSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
);
export const regionsSchema = z.array(z.unknown()).max(0);
export const openApiSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.unknown()),
});
