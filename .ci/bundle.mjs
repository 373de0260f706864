// Bundles the program and the code of each thread into dist/bundle/, from the TypeScript sources: a thread that reads
// one file starts sooner and keeps less in memory than one that reads a hundred. Does nothing while no source, no
// dependency and no rule of this file has changed. The programs and threads that tests start are bundled into
// dist/test-programs/, for the same reason.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Entries of a process, which share their code. */
const processes = { main: 'src/ui/cli/main.ts', background: 'src/ui/cli/background.ts' };
/** Entries of the threads, one self-contained file each. */
const threads = readdirSync(join(root, 'workers')).map((file) => file.replace(/\.ts$/u, ''));

/** Threads that tests start, below test/. A test names its program by this path, without the ending. */
const testThreads = [
  'history/reader.worker',
  'runtime/native-caller.worker',
  'runtime/worker',
  ...['broadcast', 'discovery', 'files', 'history', 'network', 'session', 'transport'].map(
    (name) => `support/faulty/${name}`,
  ),
];
/** Processes that tests start. */
const testProcesses = [
  'history/ended-readers',
  'history/killed-migration',
  'history/writer',
  'runtime/native-exit',
  'support/files.program',
  'support/inline-main',
  'support/node.program',
  'support/transport-child',
];

/** The name of the bundle of a test program: all lie in one folder. */
const flat = (name) => name.replaceAll('/', '-');

/** Stay packages: libsql loads a native library, piscina and pino start files of their own. */
const outside = ['libsql', 'piscina', 'pino'];

const entries = new Set([
  ...Object.values(processes),
  ...threads.map((name) => `workers/${name}.ts`),
  ...[...testThreads, ...testProcesses].map((name) => `test/${name}.ts`),
]);

/** Of our sources only entries are loaded for what they do: anything else that is not used is left out. */
function moduleSideEffects(id, isExternal) {
  if (isExternal) return false;
  const path = relative(root, id).split(sep).join('/');
  // A package says it of itself.
  return /^(src|workers|test)\//u.test(path) ? entries.has(path) : undefined;
}

/** Hash of all that goes in: paths, sizes and times of the sources, the lock file, and this file. */
function inputs(...tops) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(readFileSync(join(root, 'package-lock.json')));
  for (const top of tops)
    for (const file of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const { size, mtimeMs } = statSync(join(root, top, file));
      hash.update(`${top}/${file} ${size} ${mtimeMs}\n`);
    }
  return hash.digest('hex');
}

/**
 * Lets `import.meta.url` of a source name the file that `tsc` makes of it: other files are found from there.
 * `here`: an expression for the URL of the bundle.
 */
const placesOfSources = (here) => ({
  name: 'places-of-sources',
  transform: {
    filter: { id: /[\\/](?:src|test)[\\/].*\.ts$/u, code: 'import.meta.' },
    handler(code, id) {
      const built = relative(root, id).split(sep).join('/').replace(/\.ts$/u, '.js');
      const url = `new URL('../${built}', ${here})`;
      const folder = `process.getBuiltinModule('node:url').fileURLToPath(new URL('.', ${url}))`;
      // Lines stay where they are, so the source map still holds.
      const placed = code
        .replaceAll('import.meta.url', `${url}.href`)
        .replaceAll('import.meta.dirname', folder);
      return { code: placed, map: null };
    },
  },
});

/**
 * CommonJS starts sooner than modules do: it is read without a turn of the loop for each file, and `require` of a part of
 * Node does not list all that the part exports.
 */
const commonJs = { format: 'cjs', here: "require('node:url').pathToFileURL(__filename)", ending: 'cjs' };
const modules = { format: 'esm', here: 'import.meta.url', ending: 'js' };

/** The text of the licence of each package in the bundles, which the licences ask for beside their code. */
function licencesOf(modules) {
  const packages = new Set();
  for (const id of modules) {
    const [, found] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/u.exec(id) ?? [];
    if (found !== undefined) packages.add(found);
  }
  return [...packages].toSorted().map((place) => {
    const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
    const file = readdirSync(place).find((each) => /^licen[cs]e/iu.test(each));
    const text =
      file === undefined
        ? 'The package has no file with its licence.'
        : readFileSync(join(place, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
}

const isCurrent = (folder, wanted) => {
  const stamp = join(folder, 'stamp');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
};

/** Has `make` fill a folder, unless it is there already and of these inputs. */
async function fill(folder, wanted, make) {
  if (isCurrent(folder, wanted)) return;
  const { rolldown } = await import('rolldown');
  // Several builds of one checkout may run at once: each writes a folder of its own.
  const next = `${folder}.${process.pid}`;
  rmSync(next, { recursive: true, force: true });
  const read = new Set();
  const write = async ({ format, here, ending }, input, external, output = {}) => {
    const built = await rolldown({
      cwd: root,
      platform: 'node',
      resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      plugins: [placesOfSources(here)],
      treeshake: { moduleSideEffects },
      input,
      external,
    });
    const { output: files } = await built.write({
      dir: next,
      format,
      sourcemap: true,
      // Names stay, for whoever reads a stack trace.
      minify: { mangle: false, compress: true, codegen: true },
      entryFileNames: `[name].${ending}`,
      chunkFileNames: `part-[name]-[hash].${ending}`,
      ...output,
    });
    for (const { moduleIds = [] } of files) for (const id of moduleIds) read.add(id);
    await built.close();
  };
  await make(write);
  writeFileSync(join(next, 'licences.txt'), licencesOf(read).join(`\n${'-'.repeat(80)}\n\n`));
  writeFileSync(join(next, 'stamp'), wanted);
  try {
    rmSync(folder, { recursive: true, force: true });
    renameSync(next, folder);
  } catch (cause) {
    // Another build was faster; its bundles are as good where they are of the same sources.
    rmSync(next, { recursive: true, force: true });
    if (!isCurrent(folder, wanted)) throw cause;
  }
}

/** Makes the bundles unless they are up to date. */
export const bundle = () =>
  fill(join(root, 'dist', 'bundle'), inputs('src', 'workers'), async (write) => {
    await write(commonJs, processes, outside);
    for (const name of threads)
      await write(commonJs, { [`thread-${name}`]: `workers/${name}.ts` }, outside, { codeSplitting: false });
    // For programs that embed the node, whose Results must be those of the neverthrow that they have.
    await write(modules, { index: 'src/index.ts' }, [...outside, 'neverthrow']);
  });

/** Makes the bundles of the programs and threads that tests start, unless they are up to date. */
export const bundleTests = () =>
  fill(join(root, 'dist', 'test-programs'), inputs('src', 'workers', 'test'), async (write) => {
    const named = (names) => Object.fromEntries(names.map((name) => [flat(name), `test/${name}.ts`]));
    await write(commonJs, named(testThreads), outside);
    await write(modules, named(testProcesses), outside);
  });
