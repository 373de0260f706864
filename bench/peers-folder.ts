/** The other libraries of the benches, which have a lock file of their own and are installed on demand. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../bench/peers');

/** Returns the file from which they are required, after it has installed them where they are missing. */
export function peersFolder(): string {
  if (!existsSync(join(folder, 'node_modules')))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'inherit',
    });
  return join(folder, 'package.json');
}
