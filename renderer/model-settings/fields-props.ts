import type { ModelSettings, ModelSummary } from '../../engine/contract';
import type { FieldStatus, SettingField } from './settings-draft';

/** What every group of settings is given. */
export interface FieldsProps {
  readonly values: ModelSettings;
  readonly row: (field: SettingField) => {
    readonly origin: ModelSummary['origins'][SettingField];
    readonly status: FieldStatus;
    readonly needsReload: boolean;
  };
  readonly edit: <F extends SettingField>(field: F, value: ModelSettings[F]) => void;
}
