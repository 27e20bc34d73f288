// npm run build: builds whether or not anything changed.
import { build } from './setup/build.mjs';
import { step } from './setup/step.mjs';

try {
  await step('build', () => build({ force: true }));
} catch {
  process.exitCode = 1;
}
