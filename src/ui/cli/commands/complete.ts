/** `parlance complete`: candidates for the completions of a shell. A running node is asked for its peers. */
import type { Command } from 'commander';
import { escapeForTerminal } from '../../../index.js';
import { homeOf } from '../../../home/default-home.js';
import { candidatesFor, type Candidate } from '../help/candidates.js';
import { cli } from '../limits.js';
import { peerWords } from '../prompt/commands.js';
import { within, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Prints the candidates, one a line. It starts no node, and waits for one only briefly. */
export async function complete(
  { world, output, common }: RunContext,
  program: Command,
  words: readonly string[],
): Promise<ExitCode> {
  const { list, takesPeers } = candidatesFor(program, words);
  const peers = takesPeers ? await peersOf(world, homeIn(words) ?? common.home) : [];
  // The last of several peers is being typed.
  const typed = words.at(-1) ?? '';
  const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
  const part = typed.slice(begun.length).toLowerCase();
  const fitting = peers.filter(({ word }) => word.toLowerCase().startsWith(part));
  const all = [...list, ...fitting.map(({ word, meaning }) => ({ word: `${begun}${word}`, meaning }))];
  await output.results(
    [],
    all.map(({ word, meaning }) => (meaning === '' ? word : `${word}\t${meaning}`)),
  );
  return 0;
}

/** Returns the value of `--home` before the word that is being typed. */
function homeIn(words: readonly string[]): string | undefined {
  const typed = words.slice(0, -1);
  const options = typed.includes('--') ? typed.slice(0, typed.indexOf('--')) : typed;
  const at = options.findLastIndex((word) => word === '--home' || word.startsWith('--home='));
  const word = options[at];
  return word === '--home' ? options[at + 1] : word?.slice('--home='.length);
}

/** Returns the names of peers as they can be typed. */
async function peersOf(world: RunContext['world'], flag: string | undefined): Promise<readonly Candidate[]> {
  const home = homeOf(flag, world.env);
  if (home.isErr()) return [];
  const found: Candidate[] = [];
  const asking = (async () => {
    const node = await world.connectNode(home.value);
    if (node.isErr()) return;
    const rows = (await node.value.peers()).unwrapOr([]).filter(({ blocked }) => blocked !== true);
    for (const word of peerWords(rows)) {
      const row = rows.find(({ name, id, tag }) => [name, id, `${name}#${tag}`].includes(word));
      found.push({ word, meaning: escapeForTerminal(row?.state ?? '') });
    }
    await node.value.close();
  })();
  await within(cli.completeMs, asking);
  return found;
}
