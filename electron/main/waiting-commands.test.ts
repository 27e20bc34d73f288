import { expect, it } from 'vitest';
import type { DesktopCommand } from '../bridge';
import { WaitingCommands } from './waiting-commands';

const open = (path: string): DesktopCommand => ({ kind: 'open-model', path });

it('holds commands until a page listens, then passes them on in order and at once', () => {
  const sent: DesktopCommand[] = [];
  const commands = new WaitingCommands((command) => sent.push(command));
  commands.give(open('a'));
  commands.give(open('b'));
  expect(sent).toEqual([]);
  commands.open();
  commands.give(open('c'));
  expect(sent).toEqual([open('a'), open('b'), open('c')]);
  commands.close();
  commands.give(open('d'));
  expect(sent).toHaveLength(3);
  commands.open();
  expect(sent.at(-1)).toEqual(open('d'));
});
