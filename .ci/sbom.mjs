// Prints the bill of materials (CycloneDX 1.6) of what is shipped, from the lock file; with --licences a list of licences
// instead. The same lock file gives the same bytes: there is no time in it, and its serial number is a hash.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, root), 'utf8'));
const { name, version, license } = read('package.json');
const { packages } = read('package-lock.json');

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
// `devOptional`: a tool that we develop with, which a dependency would use if it were there.
const isShipped = (entry) => entry.dev !== true && entry.devOptional !== true;
const shipped = Object.entries(packages)
  .filter(([path, entry]) => path !== '' && isShipped(entry))
  .map(([path, entry]) => ({ ...entry, path, name: nameOf(path) }))
  .toSorted((a, b) => (a.path < b.path ? -1 : 1));

const purl = (one, at) => `pkg:npm/${one.replace('@', '%40')}@${at}`;
const hash = (integrity) => {
  const [algorithm, digest] = integrity.split(' ')[0].split('-');
  return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') };
};
/** The path of a dependency as Node finds it from `path`. */
const resolve = (path, dependency) => {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const found = `${at === '' ? '' : `${at}/`}node_modules/${dependency}`;
    if (found in packages) return found;
    if (at === '') return null;
  }
};
const dependsOn = (path, entry) =>
  [...Object.keys(entry.dependencies ?? {}), ...Object.keys(entry.optionalDependencies ?? {})]
    .map((dependency) => resolve(path, dependency))
    .filter((found) => found !== null && isShipped(packages[found]))
    .toSorted();

if (process.argv.includes('--licences')) {
  for (const one of shipped) console.log(`${one.license}\t${one.name}@${one.version}`);
} else {
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'root',
        name,
        version,
        purl: purl(name, version),
        licenses: [{ license: { id: license } }],
      },
    },
    components: shipped.map((one) => ({
      type: 'library',
      'bom-ref': one.path,
      name: one.name,
      version: one.version,
      purl: purl(one.name, one.version),
      licenses: [{ license: { id: one.license } }],
      hashes: [hash(one.integrity)],
      scope: one.optional === true ? 'optional' : 'required',
    })),
    dependencies: [
      { ref: 'root', dependsOn: dependsOn('', packages['']) },
      ...shipped.map((one) => ({ ref: one.path, dependsOn: dependsOn(one.path, one) })),
    ],
  };
  const digest = createHash('sha256').update(JSON.stringify(bom)).digest('hex');
  // The form of a UUID of version 8, whose content is free.
  const serial = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
  ];
  const { bomFormat, specVersion, ...rest } = bom;
  const serialNumber = `urn:uuid:${serial.join('-')}-${digest.slice(20, 32)}`;
  console.log(JSON.stringify({ bomFormat, specVersion, serialNumber, ...rest }, null, 2));
}
