/** Runs each example of the runtime in a process of its own: `npm run examples`. Names as arguments choose some. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const all = ['hello', 'pipeline', 'crowd', 'prime-router', 'news', 'race'];
const wanted = process.argv.slice(2);
for (const name of all.filter((one) => wanted.length === 0 || wanted.includes(one))) {
  process.stdout.write(`\n${name}\n`);
  const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const { status } = spawnSync(process.execPath, [program], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
