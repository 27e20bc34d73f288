import { invalid } from '../base';
import { type ModelSettings, modelSettingsSchema } from '../contract';

/** The settings when they are within their limits. Errors: INVALID_ARGUMENT naming every field that is not. */
export function validSettings(settings: ModelSettings): ModelSettings {
  const checked = modelSettingsSchema.safeParse(settings);
  if (checked.success) return checked.data;
  throw invalid(checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
