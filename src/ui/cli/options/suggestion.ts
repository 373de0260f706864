/** Suggestions for a mistyped word. */
import type { PeerEvent } from '../../../index.js';
import { cli } from '../limits.js';
import { storedRows } from './settings.js';

/** Returns the nearest of `words` within two edits (one edit for short words); `null`: no word is near. */
export function nearest(word: string, words: readonly string[]): string | null {
  const typed = word.toLowerCase().slice(0, 40);
  const allowed = typed.length <= 3 ? 1 : 2;
  let best: string | null = null;
  let bestDistance = allowed + 1;
  for (const candidate of words) {
    const isBegun = typed.length >= 2 && candidate.startsWith(typed);
    const distance = isBegun ? 1 : distanceOf(typed, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Returns the Levenshtein distance, computed row by row. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Returns the name of the peer that a mistyped word may mean; null: none is near. */
export function nearestPeer(word: string, peers: readonly PeerEvent[]): string | null {
  const [typed = ''] = word.split('#');
  const names = peers.slice(0, cli.suggestedPeersMax).filter(({ blocked }) => blocked !== true);
  const near = nearest(
    typed,
    names.map(({ name }) => name.toLowerCase()),
  );
  return names.find(({ name }) => name.toLowerCase() === near)?.name ?? null;
}

/** Folds the ways to write a key: `beaconPorts`, `--beacon-port`, `BEACON_PORT`. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '');

/** Returns the key that a mistyped one may mean; null: none is near. An option's name counts, too. */
export function nearestKey(key: string): string | null {
  const names = storedRows.flatMap(([name, { flag }]) => [
    [plain(name), name] as const,
    ...(flag === null ? [] : [[plain(flag.split(' ')[0] ?? ''), name] as const]),
  ]);
  const near = nearest(
    plain(key),
    names.map(([word]) => word),
  );
  return names.find(([word]) => word === near)?.[1] ?? null;
}
