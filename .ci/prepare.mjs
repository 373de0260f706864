// Runs before start, test and bench: installs the locked dependencies where they are missing or older than
// the lock file, then builds to dist/ and bundles to dist/bundle/. Plain JavaScript, since nothing may be installed yet.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const modifiedMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : -1);
const lock = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');

if (modifiedMs(installed) < modifiedMs(lock)) {
  process.stderr.write('parlance: installing dependencies (npm ci), once…\n');
  const npm = process.env.npm_execpath;
  // Without scripts: no dependency needs any, and the one of this package would call this file again.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', process.stderr, process.stderr] };
  if (npm) execFileSync(process.execPath, [npm, ...args], options);
  else
    execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
      ...options,
      shell: process.platform === 'win32',
    });
}

// A package must not hold what was built from files that are gone.
if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const built = spawnSync(process.execPath, [tsc, '--project', root], {
  cwd: root,
  stdio: ['ignore', process.stderr, process.stderr],
});
process.exitCode = built.status ?? 1;
if (built.status === 0) {
  const { bundle, bundleTests } = await import('./bundle.mjs');
  await bundle();
  // What is packed needs no tests.
  if (!process.argv.includes('--clean')) await bundleTests();
  const man = join(root, 'dist', 'parlance.1');
  if (modifiedMs(man) < modifiedMs(join(root, 'dist', 'bundle', 'stamp'))) {
    const main = join(root, 'dist/src/ui/cli/main.js');
    const page = execFileSync(process.execPath, [main, 'help', '--man', '--lang', 'en']);
    writeFileSync(man, page);
    const { writeFirewallProfiles } = await import('./firewall.mjs');
    await writeFirewallProfiles();
  }
}
