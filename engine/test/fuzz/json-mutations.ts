import type { Random } from '../random';

/** Text that stands in a JSON text as it is. */
class Raw {
  constructor(readonly text: string) {}
}

const deep = (depth: number): Raw => new Raw('['.repeat(depth) + ']'.repeat(depth));
const deepObjects = (depth: number): Raw => new Raw('{"a":'.repeat(depth) + 1 + '}'.repeat(depth));

/** Values that programs get wrong. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  '',
  ' ',
  'x',
  '\u0000',
  '\ud800',
  '💥é',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  'a'.repeat(3000),
  [],
  {},
  [[]],
  [null],
  new Raw('0'),
  new Raw('-0'),
  new Raw('-1'),
  new Raw('1.5'),
  new Raw('1e400'),
  new Raw('-1e400'),
  new Raw('1e-400'),
  new Raw('9007199254740993'),
  new Raw('18446744073709551616'),
  new Raw('9'.repeat(400)),
  new Raw('NaN'),
  new Raw('-Infinity'),
  new Raw('01'),
  new Raw('+1'),
  new Raw('.5'),
  new Raw('1.'),
  new Raw('0x10'),
  new Raw('tru'),
  new Raw('"\\x"'),
  new Raw('"\\ud800"'),
  new Raw('"\u0001"'),
  new Raw('"unended'),
  new Raw('/* comment */ 1'),
  new Raw(''),
  deep(50),
  deep(101),
  deep(5000),
  deepObjects(101),
  new Raw(`[${'0,'.repeat(2000)}0]`),
  new Raw(`{"shape":[${'1,'.repeat(70)}1]}`),
  [1e15, 1e15],
  [2 ** 31, 2 ** 31],
  [-1],
  [0],
];

const KEYS: readonly string[] = [
  '',
  '__proto__',
  'triton_x',
  'headers',
  'name',
  'shape',
  'shared_memory_region',
  'data',
];

/** A value with some of its parts changed, as JSON text that is often still JSON. */
export function mutatedJson(value: unknown, random: Random): string {
  let changed = value;
  for (let i = 1 + random.below(3); i > 0; i--) changed = changeSomewhere(changed, random);
  return print(changed, random);
}

export function print(value: unknown, random: Random): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map((one) => print(one, random)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${print(one, random)}`);
  // Now and then a key stands twice.
  if (members.length > 0 && random.below(30) === 0) members.push(random.pick(members));
  return `{${members.join(',')}}`;
}

/** Goes down a random way and changes what stands at its end. */
function changeSomewhere(value: unknown, random: Random): unknown {
  const goesOn = random.below(4) > 0;
  if (goesOn && Array.isArray(value) && value.length > 0) {
    const at = random.below(value.length);
    return value.map((one, i) => (i === at ? changeSomewhere(one, random) : one));
  }
  if (goesOn && isPlain(value) && Object.keys(value).length > 0) {
    const key = random.pick(Object.keys(value));
    return { ...value, [key]: changeSomewhere(value[key], random) };
  }
  return changed(value, random);
}

function changed(value: unknown, random: Random): unknown {
  switch (random.below(5)) {
    case 0:
      if (isPlain(value) && Object.keys(value).length > 0)
        return without(value, random.pick(Object.keys(value)));
      return random.pick(VALUES);
    case 1:
      if (isPlain(value)) return { ...value, [random.pick(KEYS)]: random.pick(VALUES) };
      return [value];
    case 2:
      if (Array.isArray(value)) return random.below(2) === 0 ? [...value, ...value] : value.slice(1);
      return { a: value };
    default:
      return random.pick(VALUES);
  }
}

function without(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.fromEntries(Object.entries(value).filter(([one]) => one !== key));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Raw);
}
