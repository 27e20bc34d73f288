import { expect, test } from 'vitest';
import { readStartOptions } from './start-options.mjs';

test('one port stands for the four doors, upwards', () => {
  expect(readStartOptions(['--port', '9000']).rest).toEqual([
    ...['--http-port', '9000', '--grpc-port', '9001'],
    ...['--metrics-port', '9002', '--control-port', '9003'],
  ]);
});

test('a door that is named itself keeps its own port', () => {
  const { rest } = readStartOptions(['--port=9000', '--http-port=5', '--metrics-port', '7']);
  expect(rest).toEqual([
    '--http-port=5',
    '--metrics-port',
    '7',
    '--grpc-port',
    '9001',
    '--control-port',
    '9003',
  ]);
});

test.each(['x', '0', '65533', '-1', '80.5', ''])('"%s" is no port', (port) => {
  expect(readStartOptions([`--port=${port}`]).error).toMatch(/is not a port from 1 to 65532/);
});

test('a port or a folder that is missing is said', () => {
  expect(readStartOptions(['--port']).error).toMatch(/--port/);
  expect(readStartOptions(['--repository']).error).toMatch(/--repository/);
});

test('a relative repository is looked for where npm was called', () => {
  expect(readStartOptions(['--repository', 'models'], '/home/me').rest).toEqual([
    '--repository',
    '/home/me/models',
  ]);
});

test('what the script does not know goes on to the app as it is', () => {
  const options = readStartOptions(['--headless', '--log-level=debug', '--open', 'file.onnx']);
  expect(options).toMatchObject({ headless: true, help: false });
  expect(options.rest).toEqual(['--log-level=debug', '--open', 'file.onnx']);
});
