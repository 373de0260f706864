/**
 * Which test files share a process. Starting one and loading the product costs 0.3 to 0.8 s of CPU, which is more than
 * most files need; and a node that starts in a warm process costs a third of the first one.
 */

export interface Batch {
  readonly name: string;
  /** Paths of compiled test files below the folder of the tests. */
  readonly files: readonly string[];
}

/** Bound of the files of a batch, so that no lane ends long after the others. */
const batchFilesMax = 16;

/**
 * Parts of the paths of files that have a process of their own: they measure it, fill its memory or change its priority.
 */
const alone: readonly string[] = [
  'runtime/watchdog',
  'scenes/never-reads',
  'scenes/owned-sockets',
  'scenes/slots',
  'ui/at-rest',
];

/** Bound of the files of a batch of a folder whose files take long. */
const longFilesMax: Readonly<Record<string, number>> = { scenes: 4 };

/** Folders whose tests wait longest: they start first, so that no lane is left alone with one of them at the end. */
const longest: readonly string[] = ['foreign', 'node', 'runtime', 'scenes', 'history', 'actors', 'ui'];

/** The first folder of its path; a file beside the folders is its own. */
const topOf = (file: string): string => file.split('/')[0] ?? '';

/** Place in `longest`; other folders come after those. */
const rankOf = (file: string): number => {
  const rank = longest.indexOf(topOf(file));
  return rank === -1 ? longest.length : rank;
};

const isAlone = (file: string): boolean => alone.some((part) => file.startsWith(part));

/** Divides the files, named by their paths below the folder of the tests, into batches, in the order of their start. */
export function batchesOf(files: readonly string[]): Batch[] {
  const batches: Batch[] = [];
  let open: string[] = [];
  const close = (): void => {
    const [first = '', ...others] = open;
    if (open.length > 0)
      batches.push({
        name: others.length === 0 ? first : `${first} and ${others.length} more`,
        files: open,
      });
    open = [];
  };
  for (const file of files.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if (isAlone(file)) {
      batches.push({ name: file, files: [file] });
      continue;
    }
    const filesMax = longFilesMax[topOf(file)] ?? batchFilesMax;
    if (open.length === filesMax || (open[0] !== undefined && rankOf(open[0]) !== rankOf(file))) close();
    open.push(file);
  }
  close();
  return batches.toSorted((a, b) => rankOf(a.files[0] ?? '') - rankOf(b.files[0] ?? ''));
}
