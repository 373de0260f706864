// Bundles the program and the code of each thread into dist/bundle/, from the TypeScript sources: a thread that reads
// one file starts sooner and keeps less in memory than one that reads a hundred. Does nothing while no source, no
// dependency and no rule of this file has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'bundle');
const stamp = join(folder, 'stamp');

/** Entries of the process, which share their code. */
const program = {
  main: 'src/ui/cli/main.ts',
  background: 'src/ui/cli/background.ts',
  index: 'src/index.ts',
};
/** Entries of the threads, one self-contained file each. */
const threads = readdirSync(join(root, 'workers')).map((file) => file.replace(/\.ts$/u, ''));

/**
 * Stay packages: libsql loads a native library, piscina and pino start files of their own, and the Results of neverthrow
 * in the hands of an embedder must be those of the embedder's neverthrow.
 */
const outside = ['libsql', 'piscina', 'pino'];
const outsideOfProgram = [...outside, 'neverthrow'];

/** Hash of all that goes in: paths, sizes and times of the sources, the lock file, and this file. */
function inputs() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(readFileSync(join(root, 'package-lock.json')));
  for (const top of ['src', 'workers'])
    for (const file of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (!file.endsWith('.ts')) continue;
      const { size, mtimeMs } = statSync(join(root, top, file));
      hash.update(`${top}/${file} ${size} ${mtimeMs}\n`);
    }
  return hash.digest('hex');
}

/** Lets `import.meta.url` of a source name the file that `tsc` makes of it: other files are found from there. */
const placesOfSources = {
  name: 'places-of-sources',
  transform: {
    filter: { id: /[\\/]src[\\/].*\.ts$/u, code: 'import.meta.url' },
    handler(code, id) {
      const built = relative(root, id).split(sep).join('/').replace(/\.ts$/u, '.js');
      const place = `new URL('../${built}', import.meta.url).href`;
      // Lines stay where they are, so the source map still holds.
      return { code: code.replaceAll('import.meta.url', place), map: null };
    },
  },
};

const common = {
  cwd: root,
  platform: 'node',
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  plugins: [placesOfSources],
};

/** Makes the bundles unless they are up to date. */
export async function bundle() {
  const wanted = inputs();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { rolldown } = await import('rolldown');
  const next = `${folder}.next`;
  rmSync(next, { recursive: true, force: true });
  const write = async (options, output) => {
    const built = await rolldown({ ...common, ...options });
    await built.write({ dir: next, format: 'esm', sourcemap: true, entryFileNames: '[name].js', ...output });
    await built.close();
  };
  await write({ input: program, external: outsideOfProgram }, { chunkFileNames: 'part-[name]-[hash].js' });
  for (const name of threads)
    await write(
      { input: { [`thread-${name}`]: `workers/${name}.ts` }, external: outside },
      { codeSplitting: false },
    );
  writeFileSync(join(next, 'stamp'), wanted);
  rmSync(folder, { recursive: true, force: true });
  renameSync(next, folder);
}
