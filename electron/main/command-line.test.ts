import { describe, expect, it } from 'vitest';
import { ownWords, readCommandLine } from './command-line';

describe('readCommandLine', () => {
  it('hands engine options on in their order and keeps model files apart', () => {
    expect(readCommandLine(['--port', '9000', 'a.onnx', '--repository=/models', 'B.ONNX'])).toEqual({
      engineArgs: ['--port', '9000', '--repository=/models'],
      modelFiles: ['a.onnx', 'B.ONNX'],
    });
  });

  it('leaves out what is Chromium or the system own', () => {
    const words = [
      '--no-sandbox',
      '--user-data-dir=/tmp/x',
      '--disable-gpu',
      '--inspect=0',
      '--remote-debugging-port=0',
      '--ozone-platform-hint=auto',
      '-psn_0_12345',
      '--data-dir',
      '/d',
    ];
    expect(readCommandLine(words).engineArgs).toEqual(['--data-dir', '/d']);
  });

  it('does not drop a misspelt option: the engine will name it', () => {
    expect(readCommandLine(['--prot', '1']).engineArgs).toEqual(['--prot', '1']);
  });
});

describe('ownWords', () => {
  const development = { cwd: '/work/app', appPath: '/work/app', isPackaged: false };

  it.each([['.'], ['/work/app'], ['./'], ['../app']])('starts after the app folder, written %s', (folder) => {
    const argv = ['electron', '-r', '/loader.js', '--no-sandbox', folder, '--port', '1'];
    expect(ownWords({ ...development, argv })).toEqual(['--port', '1']);
  });

  it('takes everything after the executable when packaged', () => {
    const argv = ['/opt/ferry', '--port', '1'];
    expect(ownWords({ argv, cwd: '/', appPath: '/opt/resources/app.asar', isPackaged: true })).toEqual([
      '--port',
      '1',
    ]);
  });
});
