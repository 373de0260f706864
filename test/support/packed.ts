/** The package as others get it: packed, and unpacked beside its dependencies, without a network. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../house/sources.js';

/** Packs the package and installs it below `prefix`, which is empty. Returns the folder of the package. */
export function installPacked(prefix: string): string {
  const args = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', prefix];
  const packed = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  const modules = join(prefix, 'node_modules');
  const folder = join(modules, 'parlance-chat');
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', join(prefix, filename), '-C', folder, '--strip-components', '1']);
  // Its dependencies, as an installation has them.
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== 'parlance-chat')
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  return folder;
}

/** Makes the programs of an installed package callable, as npm does. Returns their folder. */
export function linkPrograms(folder: string, prefix: string): string {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  const programs = join(prefix, 'bin');
  mkdirSync(programs);
  for (const [name, file] of Object.entries(bin)) {
    chmodSync(join(folder, file), 0o755);
    symlinkSync(join(folder, file), join(programs, name));
  }
  return programs;
}
