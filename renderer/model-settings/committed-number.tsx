import { NumberInput, type NumberInputProps } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

/** A half-typed number must not reach the engine ("1" on the way to "128"), so typing rests this long first. */
const TYPING_REST_MS = 700;

interface CommittedNumberProps
  extends Pick<NumberInputProps, 'suffix' | 'disabled' | 'w' | 'size' | 'step' | 'error' | 'placeholder'> {
  readonly label: string;
  /** Null: none. */
  readonly value: number | null;
  readonly limits: { readonly min: number; readonly max: number };
  readonly decimals?: boolean;
  readonly onCommit: (value: number) => void;
  /** The field may be emptied. */
  readonly onClear?: () => void;
}

/** A number field that reports a value on Enter, on leaving the field, or when typing has rested. */
export function CommittedNumber({
  label,
  value: given,
  limits,
  decimals = false,
  onCommit,
  onClear,
  ...props
}: CommittedNumberProps) {
  const value = given ?? '';
  const [text, setText] = useState<number | string>(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const editing = useRef(false);

  useEffect(() => {
    if (!editing.current) setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const commit = (next: number | string) => {
    clearTimeout(timer.current);
    editing.current = false;
    const number = typeof next === 'number' ? next : Number.parseFloat(next);
    if (next === '' && onClear) return given === null ? undefined : onClear();
    if (Number.isFinite(number) && number !== value) onCommit(number);
    // A value that is refused at once never becomes `value`, so nothing else would bring the field back.
    if (!(number >= limits.min && number <= limits.max)) setText(value);
  };

  return (
    <NumberInput
      {...props}
      min={limits.min}
      max={limits.max}
      aria-label={label}
      value={text}
      allowDecimal={decimals}
      allowNegative={false}
      thousandSeparator=","
      clampBehavior="none"
      onChange={(next) => {
        if (next === value) return;
        editing.current = true;
        setText(next);
        clearTimeout(timer.current);
        if (next !== '') timer.current = setTimeout(() => commit(next), TYPING_REST_MS);
      }}
      onBlur={() => editing.current && commit(text)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit(text);
      }}
    />
  );
}
