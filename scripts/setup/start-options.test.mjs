import { expect, test } from 'vitest';
import { readStartOptions } from './start-options.mjs';

test('a folder that is missing is said', () => {
  expect(readStartOptions(['--repository']).error).toMatch(/--repository/);
});

test('a relative repository is looked for where npm was called', () => {
  expect(readStartOptions(['--repository', 'models'], '/home/me').rest).toEqual([
    '--repository',
    '/home/me/models',
  ]);
});

test('what the script does not know goes on to the app as it is', () => {
  const options = readStartOptions(['--headless', '--port', '9000', '--log-level=debug', 'file.onnx']);
  expect(options).toEqual({
    headless: true,
    help: false,
    rest: ['--port', '9000', '--log-level=debug', 'file.onnx'],
  });
});
