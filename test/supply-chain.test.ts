/**
 * The packages that are shipped, and their origin: the lock file, its licences, its bill of materials, and the reasons.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  /** A tool of development that a shipped package would use if it were there. */
  readonly devOptional?: boolean;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

/** The faults of an entry of the lock file. */
function faultOf({ integrity = '', version = '', resolved, hasInstallScript }: Locked): string | null {
  if (!integrity.startsWith('sha512-')) return 'no SHA-512';
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) return 'no exact version';
  if (resolved !== undefined && !resolved.startsWith('https://')) return 'not fetched over https';
  return hasInstallScript === true ? 'an install script' : null;
}

// Fault Q1
test('every locked package has a hash and an exact version, and runs nothing at install', () => {
  assert.ok(locked.length > 50);
  assert.deepEqual(
    locked.filter(([, entry]) => faultOf(entry) !== null),
    [],
  );
  const [, good] = locked[0] ?? [];
  assert.ok(good !== undefined);
  const bad: readonly Locked[] = [
    { ...good, integrity: 'sha1-x' },
    { ...good, version: '^1.0.0' },
    { ...good, resolved: 'git+ssh://x' },
    { ...good, hasInstallScript: true },
  ];
  for (const entry of bad) assert.notEqual(faultOf(entry), null, 'teeth');
});

// Fault Q2
test('dependencies are named by exact versions, and those that are shipped have free licences', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  const allowed = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);
  for (const [path, { license = 'none', dev }] of locked)
    assert.ok(dev === true || allowed.has(license), `${path}: ${license}`);
});

/** Its output is shipped, so it has a row beside the dependencies. */
const bundler = 'rolldown';

// Fault Q2
test('each dependency and the bundler have a row in DECISIONS.md with version and licence', () => {
  const rows = new Map(
    read('src/DECISIONS.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells]),
  );
  const bundlerVersion = manifest.devDependencies[bundler] ?? '';
  for (const [name, version] of Object.entries({ ...manifest.dependencies, [bundler]: bundlerVersion })) {
    const row = rows.get(name);
    assert.ok(row !== undefined, `${name} has no row`);
    assert.equal(row[0], version, name);
    assert.ok(row.includes(lock.packages[`node_modules/${name}`]?.license ?? '?'), `${name}: licence`);
    assert.ok(
      row.slice(0, 5).every((cell) => cell !== ''),
      `${name}: an empty cell`,
    );
  }
});

const printBom = (): string =>
  execFileSync(process.execPath, [join(root, '.ci', 'sbom.mjs')], { encoding: 'utf8' });

// Fault Q3
test('the bill of materials names every shipped package once, and is the same each time', () => {
  const text = printBom();
  assert.equal(printBom(), text);
  const bom = JSON.parse(text) as {
    readonly bomFormat: string;
    readonly components: readonly { readonly 'bom-ref': string; readonly hashes: readonly unknown[] }[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  };
  assert.equal(bom.bomFormat, 'CycloneDX');
  const refs = bom.components.map((component) => component['bom-ref']);
  const shipped = locked
    .filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true)
    .map(([path]) => path);
  assert.ok(shipped.length > 20 && !shipped.includes('node_modules/typescript'), 'no tool is shipped');
  assert.deepEqual(refs, shipped.toSorted());
  assert.ok(bom.components.every(({ hashes }) => hashes.length === 1));
  assert.deepEqual(
    bom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.includes(ref)),
    [],
  );
  assert.equal(bom.dependencies[0]?.dependsOn.length, Object.keys(manifest.dependencies).length);
});

// Fault Q3
test('the licences of all packages in the bundles are shipped with them', () => {
  const text = read('dist/bundle/licences.txt');
  for (const name of ['valibot', 'hono', 'commander', '@scure/base', 'uuidv7'])
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'mu'), name);
  assert.doesNotMatch(text, /has no file with its licence/u);
});
