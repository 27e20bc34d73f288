import type { ModelSummary } from '../../contract';
import { EXIT, failure } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import type { ControlLink } from '../control-link';
import { readSettingsPatch, SETTING_OPTIONS, settingText } from '../model-settings';
import { textFields } from '../text-table';

export const modelsSetCommand: Command = {
  name: 'models set',
  summary: 'change settings of a model while it serves',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [...SETTING_OPTIONS.map(({ option }) => option), ...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: ["What is changed is written into the model's config.pbtxt, as the console does."],
  run: async ({ engine, positionals: [name = ''], values, show }) => {
    const patch = readSettingsPatch(values);
    const control = await engine.neededControl('changing settings');
    const before = await modelNamed(control, name);
    const after = await control.call((calls) => calls.updateSettings.mutate({ name, patch }));
    const changed = SETTING_OPTIONS.map(({ setting, option }) => ({
      setting,
      option: option.name,
      before: before.settings[setting],
      after: after.settings[setting],
    })).filter((change) => settingText(change.before) !== settingText(change.after));
    show({ model: name, before: before.settings, after: after.settings, changed }, () => {
      if (changed.length === 0) return `${name}: nothing changed, it was so already`;
      return textFields(
        changed.map((change) => [
          change.option,
          `${settingText(change.before)} -> ${settingText(change.after)}`,
        ]),
      );
    });
    return EXIT.ok;
  },
};

async function modelNamed(control: ControlLink, name: string): Promise<ModelSummary> {
  const models = await control.models();
  const found = models.find((model) => model.name === name);
  if (found) return found;
  throw failure(`no model "${name}": there are ${models.map((model) => model.name).join(', ') || 'none'}`);
}
