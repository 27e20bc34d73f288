import { Badge, Tooltip } from '@mantine/core';
import type { SettingOrigin } from '../../engine/contract';

const MEANINGS: Readonly<Record<SettingOrigin, string>> = {
  file: 'Read from config.pbtxt in the model folder',
  onnx: 'Derived from the ONNX file',
  default: "Ferry's default: neither config.pbtxt nor the ONNX file says otherwise",
  override: 'Set by an operator in the console or the API',
};

/** Where a value came from, as a small tag; the tooltip (also on focus) says it in a sentence. */
export function OriginTag({ origin }: { readonly origin: SettingOrigin }) {
  return (
    <Tooltip label={MEANINGS[origin]} multiline maw={260} events={{ hover: true, focus: true, touch: true }}>
      <Badge
        size="xs"
        variant={origin === 'override' ? 'light' : 'default'}
        tt="none"
        fw={500}
        tabIndex={0}
        aria-label={`Origin: ${origin}. ${MEANINGS[origin]}`}
      >
        {origin}
      </Badge>
    </Tooltip>
  );
}
