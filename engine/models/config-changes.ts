import { diffConfig } from '../config';
import type { ModelSettingsPatch } from '../contract';
import { fingerprintOf, type ModelDefinition, settingsTexts, writeSettings } from './model-definition';

/** What changes of settings do to one model's config.pbtxt, as unified diffs; '' for nothing. */
export class ConfigChanges {
  #last = '';

  get last(): string {
    return this.#last;
  }

  /** Nothing is written. Errors: INVALID_ARGUMENT when a value does not fit the model. */
  async preview(definition: ModelDefinition, patch: ModelSettingsPatch): Promise<string> {
    return diffConfig(...(await settingsTexts(definition, patch)));
  }

  /** A file that was edited by hand and not yet followed keeps its old fingerprint, so that the next scan follows it. */
  async write(definition: ModelDefinition, patch: ModelSettingsPatch): Promise<ModelDefinition> {
    const isAsKnown = (await fingerprintOf(definition)) === definition.fingerprint;
    const before = definition.configText;
    const written = await writeSettings(definition, patch);
    this.#last = diffConfig(before, written.configText);
    return isAsKnown ? written : { ...written, fingerprint: definition.fingerprint };
  }
}
