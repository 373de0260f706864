/**
 * The programs and threads that tests start, each bundled by .ci/bundle.mjs: they start in a third of the CPU time that
 * their modules cost one by one.
 */
import { fileURLToPath } from 'node:url';

const bundleOf = (name: string, ending: string): URL =>
  new URL(`../../test-programs/${name.replaceAll('/', '-')}.${ending}`, import.meta.url);

/** The entry of a thread, named by the path of its source below test/, without the ending. */
export const threadEntry = (name: string): URL => bundleOf(name, 'cjs');

/** The script of a process, named by the path of its source below test/, without the ending. */
export const programFile = (name: string): string => fileURLToPath(bundleOf(name, 'js'));
