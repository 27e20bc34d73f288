import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plugin } from 'vite';

/**
 * Notes which packages of node_modules ended up in a bundle: their licences travel with the app.
 *
 * @param file where the list goes, as JSON
 */
export function bundledPackages(file: string): Plugin {
  return {
    name: 'bundled-packages',
    apply: 'build',
    generateBundle(_options, bundle) {
      const packages = new Set<string>();
      for (const output of Object.values(bundle)) {
        const ids = output.type === 'chunk' ? Object.keys(output.modules) : output.originalFileNames;
        for (const folder of ids.map(packageFolder)) if (folder !== undefined) packages.add(folder);
      }
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify([...packages].sort(), null, 2)}\n`);
    },
  };
}

/** The package that a module belongs to: its folder, from its outermost node_modules on. */
export function packageFolder(id: string): string | undefined {
  const path = id.replaceAll('\\', '/').replace(/^\0/, '');
  const match = /(?:^|\/)(node_modules\/.*)$/.exec(path)?.[1];
  return match && /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(match)?.[0];
}
