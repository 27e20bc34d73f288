import { isDeepStrictEqual } from 'node:util';
import protobuf from 'protobufjs';
import type { ConfigMessage, ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';
import {
  canonicalConfig,
  fieldsText,
  parseModelConfig,
  readModelConfig,
  writeModelConfig,
} from './model-config-text';
import type { PbtxtField, PbtxtMessage, PbtxtValue } from './pbtxt-tree';

interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a configuration changed so that it reads as `target`: only what differs is touched, so comments, layout and the
 * order of a hand-written file stay. Where such a small edit cannot be made the whole is written anew.
 * Holds for all texts and targets: `parseModelConfig(editModelConfig(text, target))` equals `target`.
 */
export function editModelConfig(text: string, target: ModelConfig): string {
  const { config, tree } = readModelConfig(text);
  const wanted = canonicalConfig(target);
  if (isDeepStrictEqual(config, wanted)) return text;
  const edits: TextEdit[] = [];
  new MessageEditor(text, edits).message(
    tree,
    ModelConfigType,
    config as ConfigMessage,
    wanted as ConfigMessage,
  );
  const edited = applyEdits(text, edits);
  try {
    if (isDeepStrictEqual(parseModelConfig(edited), wanted)) return edited;
  } catch {
    // An edit that broke the text is dropped like one that missed.
  }
  return writeModelConfig(wanted);
}

function applyEdits(text: string, edits: readonly TextEdit[]): string {
  // Stable: edits at one place keep their order.
  const ordered = edits
    .map((edit, i) => ({ edit, i }))
    .sort((a, b) => b.edit.start - a.edit.start || b.i - a.i);
  return ordered.reduce(
    (result, { edit }) => result.slice(0, edit.start) + edit.text + result.slice(edit.end),
    text,
  );
}

class MessageEditor {
  constructor(
    private readonly text: string,
    private readonly edits: TextEdit[],
  ) {}

  message(tree: PbtxtMessage, type: protobuf.Type, current: ConfigMessage, target: ConfigMessage): void {
    for (const field of type.fieldsArray) {
      const before = current[field.name];
      const after = target[field.name];
      if (isDeepStrictEqual(before, after)) continue;
      const places = tree.fields.filter((found) => found.name === field.name);
      if (after === undefined) for (const place of places) this.remove(place);
      else if (places.length === 0 || before === undefined) this.insert(tree, type, field.name, after);
      else this.change(places, type, field, before, after, tree);
    }
  }

  private change(
    places: readonly PbtxtField[],
    type: protobuf.Type,
    field: protobuf.Field,
    before: ConfigValue,
    after: ConfigValue,
    tree: PbtxtMessage,
  ): void {
    const isMap = field instanceof protobuf.MapField;
    const values = places.flatMap((place) => place.values);
    const befores = (field.repeated ? before : [before]) as readonly ConfigValue[];
    const afters = (field.repeated ? after : [after]) as readonly ConfigValue[];
    if (isMap && !places.some((place) => place.isList)) {
      this.mapEntries(places, type, field, before as ConfigMessage, after as ConfigMessage, tree);
    } else if (isMap || values.length !== befores.length || values.length !== afters.length) {
      this.replaceAll(places, type, field.name, after);
    } else {
      values.forEach((value, i) => {
        this.changeValue(value, type, field, befores[i], afters[i]);
      });
    }
  }

  private changeValue(
    value: PbtxtValue,
    type: protobuf.Type,
    field: protobuf.Field,
    from: ConfigValue | undefined,
    to: ConfigValue | undefined,
  ): void {
    if (from === undefined || to === undefined || isDeepStrictEqual(from, to)) return;
    if (value.kind === 'message' && field.resolvedType instanceof protobuf.Type) {
      this.message(value, field.resolvedType, from as ConfigMessage, to as ConfigMessage);
    } else this.replace(value, scalarText(type, field, to));
  }

  /** Entries that changed are edited, gone ones removed, new ones added; the others are not touched. */
  private mapEntries(
    places: readonly PbtxtField[],
    type: protobuf.Type,
    field: protobuf.Field,
    before: ConfigMessage,
    after: ConfigMessage,
    tree: PbtxtMessage,
  ): void {
    const placesOf = new Map<string, PbtxtField[]>();
    for (const place of places) {
      const key = this.keyOf(place);
      placesOf.set(key, [...(placesOf.get(key) ?? []), place]);
    }
    const own = (map: ConfigMessage, key: string) => (Object.hasOwn(map, key) ? map[key] : undefined);
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const to = own(after, key);
      if (isDeepStrictEqual(own(before, key), to)) continue;
      const found = placesOf.get(key) ?? [];
      if (to === undefined) for (const place of found) this.remove(place);
      else if (found.length === 0) this.insert(tree, type, field.name, Object.fromEntries([[key, to]]));
      // The last of several entries with one key wins, so that is the one to change.
      else this.entryValue(found.at(-1), type, field.name, key, to);
    }
  }

  /** The key of a map's entry, unescaped by the parser itself; a number stands as it is written. */
  private keyOf(place: PbtxtField): string {
    const entry = place.values[0];
    const key =
      entry?.kind === 'message' ? entry.fields.findLast((part) => part.name === 'key')?.values[0] : undefined;
    if (key === undefined) return '';
    const text = this.text.slice(key.start, key.end);
    if (!/^["']/.test(text)) return text;
    return Object.keys(parseModelConfig(`metric_tags { key: ${text} value: "" }`).metric_tags ?? {})[0] ?? '';
  }

  private entryValue(
    place: PbtxtField | undefined,
    type: protobuf.Type,
    name: string,
    key: string,
    to: ConfigValue,
  ): void {
    const entry = place?.values[0];
    if (place === undefined || entry?.kind !== 'message') return;
    const whole = oneLine(fieldsText(type, { [name]: Object.fromEntries([[key, to]]) }));
    const value = entry.fields.find((part) => part.name === 'value');
    const newValue = /value:? ?(.*) \}$/.exec(whole.replace(/key: "(?:[^"\\]|\\.)*"/, ''))?.[1];
    if (value === undefined || newValue === undefined)
      this.edits.push({ start: place.start, end: place.end, text: whole });
    else if (value.values[0] !== undefined) this.replace(value.values[0], newValue);
  }

  private replaceAll(
    places: readonly PbtxtField[],
    type: protobuf.Type,
    name: string,
    after: ConfigValue,
  ): void {
    const [first, ...others] = places;
    if (first === undefined) return;
    this.edits.push({ start: first.start, end: first.end, text: listText(type, name, after) });
    for (const place of others) this.remove(place);
  }

  private replace(value: PbtxtValue, text: string): void {
    this.edits.push({ start: value.start, end: value.end, text });
  }

  /** Takes a field out with its separator, and with its line when nothing else is on it. */
  private remove(place: PbtxtField): void {
    const separator = /^\s*[,;]/.exec(this.text.slice(place.end))?.[0].length ?? 0;
    let end = place.end + separator;
    let start = place.start;
    const lineStart = this.text.lastIndexOf('\n', start - 1) + 1;
    const rest = /^[ \t]*(\r?\n|$)/.exec(this.text.slice(end));
    if (rest !== null && this.text.slice(lineStart, start).trim() === '') {
      start = lineStart;
      end += rest[0].length;
    }
    this.edits.push({ start, end, text: '' });
  }

  private insert(tree: PbtxtMessage, type: protobuf.Type, name: string, value: ConfigValue): void {
    const text = fieldsText(type, { [name]: value });
    const at = tree.bodyEnd;
    if (at === this.text.length) {
      const body = this.text.endsWith('\n') || this.text.trim() === '' ? '' : '\n';
      this.edits.push({ start: at, end: at, text: `${body}${oneLineWhenShort(text)}\n` });
      return;
    }
    const lineStart = this.text.lastIndexOf('\n', at - 1) + 1;
    const ownLine = lineStart > tree.bodyStart && this.text.slice(lineStart, at).trim() === '';
    if (!ownLine) {
      const gap = /\s$/.test(this.text.slice(tree.bodyStart, at)) ? '' : ' ';
      this.edits.push({ start: at, end: at, text: `${gap}${oneLine(text)} ` });
      return;
    }
    const firstField = tree.fields[0];
    const indent =
      firstField === undefined ? `${this.text.slice(lineStart, at)}  ` : this.indentOf(firstField.start);
    this.edits.push({ start: lineStart, end: lineStart, text: `${indent}${oneLineWhenShort(text)}\n` });
  }

  private indentOf(offset: number): string {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(lineStart, offset))?.[0] ?? '';
  }
}

/** Strings hold no line breaks (they are escaped), so lines may be joined. */
function oneLine(text: string): string {
  return text.replace(/\n\s*/g, ' ');
}

function oneLineWhenShort(text: string): string {
  const single = oneLine(text);
  return single.length <= 100 ? single : text;
}

function scalarText(type: protobuf.Type, field: protobuf.Field, value: ConfigValue): string {
  const text = fieldsText(type, { [field.name]: field.repeated ? [value] : value });
  return text.slice(text.indexOf(':') + 1).trim();
}

function listText(type: protobuf.Type, name: string, value: ConfigValue): string {
  if (!Array.isArray(value) || typeof value[0] === 'object')
    return oneLine(fieldsText(type, { [name]: value }));
  const items = value.map((one) =>
    fieldsText(type, { [name]: [one] })
      .slice(name.length + 1)
      .trim(),
  );
  return `${name}: [ ${items.join(', ')} ]`;
}
