import { TagsInput } from '@mantine/core';
import { useState } from 'react';
import { SETTING_LIMITS } from '../../engine/contract';

interface SizeListProps {
  readonly label: string;
  /** What an empty list is called. */
  readonly none: string;
  readonly sizes: readonly number[];
  readonly disabled: boolean;
  readonly onChange: (sizes: number[]) => void;
}

/** "8", "16" as ascending numbers without repeats; or the first word that is not a size. */
export function parseSizes(words: readonly string[]): {
  readonly sizes: number[];
  readonly fault: string | null;
} {
  const { min, max } = SETTING_LIMITS.maxBatchSize;
  const sizes = new Set<number>();
  for (const word of words) {
    const size = Number(word.trim());
    if (!Number.isInteger(size) || size < min || size > max)
      return { sizes: [], fault: `"${word}" is not a batch size: use whole numbers from ${min} to ${max}` };
    sizes.add(size);
  }
  return { sizes: [...sizes].sort((a, b) => a - b), fault: null };
}

/** Batch sizes as tags: type a number and press Enter. */
export function SizeList({ label, none, sizes, disabled, onChange }: SizeListProps) {
  const [fault, setFault] = useState<string | null>(null);
  return (
    <TagsInput
      aria-label={label}
      size="xs"
      placeholder={sizes.length === 0 ? `${none}: type a size, then Enter` : undefined}
      value={sizes.map(String)}
      splitChars={[',', ' ']}
      disabled={disabled}
      error={fault}
      onChange={(words) => {
        const parsed = parseSizes(words);
        setFault(parsed.fault);
        if (parsed.fault === null) onChange(parsed.sizes);
      }}
    />
  );
}
