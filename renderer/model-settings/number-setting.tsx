import type { ReactNode } from 'react';
import { SETTING_LIMITS } from '../../engine/contract';
import { CommittedNumber } from './committed-number';
import type { FieldsProps } from './fields-props';
import { SettingRow } from './setting-row';

interface NumberSettingProps extends FieldsProps {
  readonly field: keyof typeof SETTING_LIMITS;
  readonly label: string;
  readonly hint?: string;
  /** Stands behind the number, with the space before it: " ms". */
  readonly suffix?: string;
  readonly decimals?: boolean;
  /** What an empty field says. Only a setting that may be null has one: it can be emptied. */
  readonly whenEmpty?: string;
  /** Below the field. */
  readonly children?: ReactNode;
}

/** A setting that is one number, typed; its bounds are the contract's. */
export function NumberSetting({ values, row, edit, field, ...props }: NumberSettingProps) {
  return (
    <SettingRow label={props.label} hint={props.hint} {...row(field)}>
      <CommittedNumber
        label={props.label}
        value={values[field]}
        limits={SETTING_LIMITS[field]}
        decimals={props.decimals}
        suffix={props.suffix}
        placeholder={props.whenEmpty}
        size="xs"
        w={180}
        onCommit={(value) => edit(field, value)}
        onClear={props.whenEmpty === undefined ? undefined : () => edit(field, null)}
      />
      {props.children}
    </SettingRow>
  );
}
