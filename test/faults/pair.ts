/** Two nodes in the lab that know each other, and texts between them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Fields } from '../support/program.js';
import { labMissing, openLab, type LabNode } from './lab.js';

const missing = labMissing();
if (missing !== false) process.stdout.write(`NO LAB HERE, NOTHING WAS TESTED: ${missing}\n`);
/** Options of a test that needs the lab. */
export const options = { skip: missing, timeout: 240_000 } as const;

export const online =
  (name: string) =>
  (fields: Fields): boolean =>
    fields['type'] === 'peer' && fields['name'] === name && fields['state'] === 'online';
const arrived = ({ seen }: LabNode): readonly Fields[] =>
  seen.filter((fields) => fields['type'] === 'message' && fields['direction'] === 'in');
export const lines = (count: number, word = 'text'): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${word} ${n}`);

export async function openPair(context: TestContext, families: 'both' | 'IPv6') {
  const lab = await openLab(context, families);
  const [alice, bob] = await Promise.all([lab.node(0, 'alice'), lab.node(1, 'bob')]);
  await Promise.all([alice.until(online('bob'), 'sees bob'), bob.until(online('alice'), 'sees alice')]);
  return { lab, alice, bob };
}

/** Sends the lines, and checks that each was shown once and in order. Returns the times from sent to shown, ms. */
export async function sendAll(
  from: LabNode,
  to: LabNode,
  texts: readonly string[],
): Promise<readonly number[]> {
  const before = arrived(to).length;
  const code = await from.run(['send', 'bob', '--timeout', '120'], `${texts.join('\n')}\n`);
  assert.equal(code, 0, 'all are delivered');
  const shown = arrived(to).slice(before);
  assert.deepEqual(
    shown.map((fields) => fields['text']),
    texts,
  );
  return shown.map(
    (fields) => Date.parse(String(fields['receivedAt'])) - Date.parse(String(fields['sentAt'])),
  );
}
