// npm run arch: says which imports go against the table.
import { checkImports } from './checks/arch.mjs';

const { modules, violations } = await checkImports();
for (const { rule, from, to, comment } of violations) {
  console.log(`${rule}: ${from} -> ${to}\n  ${comment}`);
}
console.log(`${modules} modules, ${violations.length} violations`);
// No module read means that the checker could not read TypeScript, not that all is well.
if (modules === 0 || violations.length > 0) process.exitCode = 1;
