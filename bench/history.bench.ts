/**
 * The cost of the history: messages appended and marked per second when they come in batches as over a link, and
 * searches and pages over a million entries. Every append is synced to the disk of the temporary directory.
 */
import { cpus } from 'node:os';
import type { HistoryQuery } from '../src/chat/delivery/entry.js';
import { entry, peer, request, start, temporaryHome, type Driver } from '../test/history/driver.js';

const rounds = 7;
const entriesPerRound = 25_600;
const envelopesPerBatch = 256;
const millionEntries = 1_000_000;
const samplesPerQuery = 40;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;

export async function run(): Promise<void> {
  print(`machine: ${cpus()[0]?.model ?? '?'}, ${String(cpus().length)} cores, node ${process.version}`);
  await benchWrites();
  await benchReads();
}

async function benchWrites(): Promise<void> {
  const { file, remove } = temporaryHome();
  const history = (await start(file))._unsafeUnwrap();
  const appends: number[] = [];
  const marks: number[] = [];
  const duplicates: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const batches: ReturnType<typeof entry>[][] = [];
      for (let from = 0; from < entriesPerRound; from += envelopesPerBatch)
        batches.push(
          Array.from({ length: envelopesPerBatch }, (_, i) => {
            const number = round * entriesPerRound + from + i;
            return entry(number, { peerId: peer(number % 50), text: `hello ${sentence(number)}` });
          }),
        );
      const append = async (): Promise<void> => {
        for (const batch of batches)
          await history.batch(batch.map((one) => request('append', { entries: [one] })));
      };
      appends.push(await perSecond(entriesPerRound, append));
      duplicates.push(await perSecond(entriesPerRound, append));
      marks.push(
        await perSecond(entriesPerRound, async () => {
          for (const batch of batches)
            await history.batch(
              batch.map((one) => request('mark', { peerId: one.peerId, ids: [one.id], state: 'delivered' })),
            );
        }),
      );
      await history.idle();
    }
    const figure = (values: readonly number[]): string =>
      Math.round(quantile(values, 0.5)).toLocaleString('en');
    print(`append  ${figure(appends)} lines/s (one line per request, ${String(envelopesPerBatch)} a commit)`);
    print(`append  ${figure(duplicates)} lines/s, all of them duplicates`);
    print(`mark    ${figure(marks)} lines/s`);
    await history.stop();
  } finally {
    remove();
  }
}

async function benchReads(): Promise<void> {
  const { file, remove } = temporaryHome();
  const history = (await start(file))._unsafeUnwrap();
  try {
    const buildMs = performance.now();
    const perBatch = 20_000;
    for (let from = 0; from < millionEntries; from += perBatch)
      await history.call('append', {
        entries: Array.from({ length: perBatch }, (_, i) =>
          entry(from + i, {
            // Peer 7 says one entry in a thousand.
            peerId: peer((from + i) % 1_000 === 0 ? 7 : 8 + ((from + i) % 40)),
            state: 'delivered',
            text: `the ${sentence(from + i)}`,
          }),
        ),
      });
    await history.call('page', { limit: 1, search: 'the' });
    print(`built   ${millionEntries.toLocaleString('en')} lines in ${seconds(buildMs)} s, indexed`);
    const queries: readonly (readonly [string, Omit<HistoryQuery, 'limit'>])[] = [
      ['a word in every line', { search: 'the' }],
      ['…of a quiet peer', { search: 'the', peerId: peer(7) }],
      ['two frequent words', { search: 'the w1' }],
      ['a phrase', { search: '"the w2"' }],
      ['a rare word', { search: 'w19000' }],
      ['a rare word of a quiet peer', { search: 'w19000', peerId: peer(7) }],
      ['no such word', { search: 'nowhere' }],
      ['a frequent prefix', { search: 'w1*' }],
      ['…of five letters and more', { search: 'w1234*' }],
      ['old times only', { search: 'the', untilMs: 1_700_000_050_000 }],
      ['no search: newest of a quiet peer', { peerId: peer(7) }],
      ['no search: old times only', { untilMs: 1_700_000_050_000 }],
    ];
    for (const [name, query] of queries) print(await timed(history, name, { ...query, limit: 50 }));
    const restartMs = performance.now();
    await history.stop();
    await (await start(file))._unsafeUnwrap().stop();
    print(`reopen  ${seconds(restartMs)} s`);
  } finally {
    remove();
  }
}

async function timed(history: Driver, name: string, query: HistoryQuery): Promise<string> {
  const tookMs: number[] = [];
  let found = 0;
  for (let i = 0; i < samplesPerQuery; i += 1) {
    const startMs = performance.now();
    found = (await history.call('page', query))._unsafeUnwrap().length;
    tookMs.push(performance.now() - startMs);
  }
  const ms = (part: number): string => quantile(tookMs, part).toFixed(2).padStart(7);
  return `page    p50 ${ms(0.5)} ms, p95 ${ms(0.95)} ms, ${String(found).padStart(2)} lines: ${name}`;
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - startMs);
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(1);

/** Seven words, of which some are very frequent and most are rare; the same for the same number. */
function sentence(number: number): string {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const words: string[] = [];
  for (let i = 0; i < 7; i += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    state = (state ^ (state >>> 13)) >>> 0;
    words.push(`w${String(Math.floor(20_000 ** (state / 2 ** 32)))}`);
  }
  return words.join(' ');
}
