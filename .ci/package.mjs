// Makes the packages besides that of npm, below dist/packages/: a .deb for Debian and its relatives, by dpkg-deb. It holds
// the packed program with its dependencies, the man page and the licence, and needs Node 20.19 or newer on the machine.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const architectures = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' };
const architecture = architectures[process.arch];
const target = join(root, 'dist', 'packages');

if (
  process.platform !== 'linux' ||
  architecture === undefined ||
  spawnSync('dpkg-deb', ['--version']).status !== 0
) {
  process.stderr.write('no .deb is made here: it needs Linux on x64, arm64 or arm, and dpkg-deb\n');
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), 'parlance-deb-'));
try {
  const tree = join(work, 'tree');
  const library = join(tree, 'usr', 'lib', 'parlance');
  mkdirSync(library, { recursive: true });
  // The files that npm would pack, and of the dependencies those that run.
  const quiet = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const npm = (args) => execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, quiet);
  const [{ files }] = JSON.parse(npm(['pack', '--dry-run', '--ignore-scripts', '--offline', '--json']));
  for (const { path } of files) cpSync(join(root, path), join(library, path), { recursive: true });
  const kept = npm(['ls', '--omit=dev', '--all', '--parseable'])
    .split('\n')
    .filter((path) => path.includes('node_modules'));
  for (const path of kept) {
    // A binary for another C library than that of Debian is left out.
    if (/-musl$/u.test(path) || !existsSync(path)) continue;
    cpSync(path, join(library, path.slice(root.length)), { recursive: true });
  }
  mkdirSync(join(tree, 'usr', 'bin'), { recursive: true });
  symlinkSync('../lib/parlance/dist/bundle/main.cjs', join(tree, 'usr', 'bin', 'parlance'));
  chmodSync(join(library, 'dist', 'bundle', 'main.cjs'), 0o755);
  const manual = join(tree, 'usr', 'share', 'man', 'man1');
  mkdirSync(manual, { recursive: true });
  cpSync(join(root, 'dist', 'parlance.1'), join(manual, 'parlance.1'));
  const documents = join(tree, 'usr', 'share', 'doc', 'parlance');
  mkdirSync(documents, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(documents, 'copyright'));
  const profiles = [
    ['parlance.ufw', 'etc/ufw/applications.d/parlance'],
    ['parlance.xml', 'usr/lib/firewalld/services/parlance.xml'],
  ];
  for (const [file, path] of profiles) cpSync(join(root, 'dist', 'firewall', file), join(tree, path));
  readable(tree);
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(join(tree, 'DEBIAN', 'conffiles'), '/etc/ufw/applications.d/parlance\n');
  const control = [
    'Package: parlance',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Parlance <parlance@localhost>',
    'Section: net',
    'Priority: optional',
    'Depends: nodejs (>= 20.19)',
    `Description: ${description.replace(/\.$/u, '')}`,
    '',
  ].join('\n');
  writeFileSync(join(tree, 'DEBIAN', 'control'), control);
  mkdirSync(target, { recursive: true });
  const file = join(target, `parlance_${version}_${architecture}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z6', '--build', tree, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Everybody may read what is installed, whatever the umask of the builder. */
function readable(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) readable(path);
    else if (!entry.isSymbolicLink()) chmodSync(path, (statSync(path).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
