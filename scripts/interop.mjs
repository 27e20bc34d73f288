// npm run interop -- [FILE…] [-- PYTEST ARGUMENTS]: the real clients against the built engine; npm run conformance: one file of it.
import { interop } from './checks/interop.mjs';
import { build } from './setup/build.mjs';
import { step } from './setup/step.mjs';

const given = process.argv.slice(2);
const files = given.filter((each) => each.endsWith('.py'));
const args = given.filter((each) => !each.endsWith('.py'));

try {
  await step('build', () => build());
  const { counts, remark } = await interop(files.length > 0 ? { files, args } : { args });
  if (remark !== undefined) console.log(`skipped: ${remark}`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
} catch {
  process.exitCode = 1;
}
