/**
 * The cost of a session, in CPU time of this process, both sides together: handshakes when warm, sealing and opening
 * of records, and whole texts from utterance to bytes and back. Medians over rounds.
 */
import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import type { Utterance } from '../src/dialects/dialect.js';
import { messageIdFromBytes } from '../src/ids.js';
import { chaChaPoly } from '../src/session/noise/cipher.js';
import { warmUp } from '../src/session/handshake.js';
import { nativeKem } from '../src/session/noise/kem.js';
import { RecordOpener, RecordSealer, type PlainRecord } from '../src/session/records.js';
import { generateDhKeyPair } from '../src/session/noise/dh.js';
import { anyBytes } from '../test/support/seeds.js';
import { connect, makeNode, resume, type Pair, type PairOptions } from '../test/support/session-pair.js';

const rounds = 7;

/** Keys and dice as the product draws them; those of the tests are made from a seed, at another cost. */
const drawn = {
  random: (bytes: number) => Uint8Array.from(randomBytes(bytes)),
  generateKeyPair: generateDhKeyPair,
};
const asShipped: PairOptions = { initiator: drawn, responder: drawn };

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Goals of the protocol's test plan. */
const goals = { fullMs: 6, resumeMs: 2, textUs: 5 } as const;

export async function run(): Promise<void> {
  const kem = nativeKem === null ? 'JavaScript' : 'native';
  print(
    `machine: ${cpus()[0]?.model ?? '?'}, ${String(cpus().length)} cores, node ${process.version}, ${kem} KEM`,
  );
  const coldUs = cpuUs(warmUp);
  print(`warm-up of a cold thread: ${(coldUs / 1_000).toFixed(1)} ms`);
  benchHandshakes();
  for (const bytes of [64, 1_000, 16_384]) benchRecords(bytes);
  for (const batch of [1, 16, 128]) benchTexts(batch);
  // One interface for all benches; nothing here waits.
  await Promise.resolve();
}

function benchHandshakes(): void {
  const [a, b] = [makeNode(), makeNode()];
  for (let i = 0; i < 60; i += 1) connect(a, b, asShipped);
  const full = medianUs(40, () => mustBeUp(connect(a, b, asShipped), false)) / 1_000;
  const resumed =
    medianUs(
      60,
      () => mustBeUp(resume(a, b, asShipped), true),
      () => void connect(a, b, asShipped),
    ) / 1_000;
  print(`full handshake, both sides: ${full.toFixed(2)} ms (goal ${String(goals.fullMs)})`);
  print(`resume, both sides: ${resumed.toFixed(2)} ms (goal ${String(goals.resumeMs)})`);
}

/** A measurement of something that failed would be of no use. */
function mustBeUp(pair: Pair, isResumed: boolean): void {
  if (pair.initiator.resumed !== isResumed || pair.responder.resumed !== isResumed)
    throw new Error('the session did not come up as it should');
  pair.initiator.session.destroy();
  pair.responder.session.destroy();
}

const key = () => new Uint8Array(32).fill(1);

/** Formats the median of the values without that of the first round, in which code is still compiled. */
const figure = (values: readonly number[]): string => median(values.slice(1)).toFixed(1);

function benchRecords(bytes: number): void {
  const sealer = new RecordSealer(chaChaPoly, key());
  const opener = new RecordOpener(chaChaPoly, key());
  const record: PlainRecord = { type: 'data', content: anyBytes(bytes), hasMore: false };
  const count = 2_000;
  const sealUs: number[] = [];
  const openUs: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const frames: Uint8Array[] = [];
    sealUs.push(
      cpuUs(() => {
        for (let i = 0; i < count; i += 1) frames.push(sealer.frames([record])._unsafeUnwrap());
      }) / count,
    );
    openUs.push(
      cpuUs(() => {
        for (const frame of frames) opener.open(frame.subarray(2))._unsafeUnwrap();
      }) / count,
    );
  }
  print(`record of ${String(bytes)} B: seal ${figure(sealUs)} us, open ${figure(openUs)} us`);
}

/** From utterances to bytes of the connection and back to utterances, `batch` texts of 100 bytes per call of `say`. */
function benchTexts(batch: number): void {
  const { initiator, responder } = connect(makeNode(), makeNode());
  const texts: Utterance[] = Array.from({ length: batch }, (_, i) => ({
    type: 'text',
    id: messageIdFromBytes(anyBytes(16)),
    sentAtMs: 1_800_000_000_000,
    text: `${String(i).padStart(4)} ${'x'.repeat(95)}`,
  }));
  const calls = Math.ceil(20_000 / batch);
  let heard = 0;
  const perText =
    medianUs(1, () => {
      for (let i = 0; i < calls; i += 1)
        for (const output of initiator.session.say(texts, 1)) {
          if (output.type !== 'write') continue;
          for (const said of responder.session.receive(output.bytes, 1))
            if (said.type === 'said') heard += said.utterances.length;
        }
    }) /
    (calls * batch);
  if (heard !== calls * batch * (rounds + 1)) throw new Error('texts were lost');
  print(
    `text of 100 B, ${String(batch)} per call, encode + seal + open + decode: ${perText.toFixed(2)} us` +
      (batch === 1 ? '' : ` (goal ${String(goals.textUs)})`),
  );
}

/** Median over rounds of the CPU time per call; the first round warms up and does not count. Tickets last 64 resumes. */
function medianUs(calls: number, work: () => void, prepare = (): void => undefined): number {
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    prepare();
    samples.push(
      cpuUs(() => {
        for (let i = 0; i < calls; i += 1) work();
      }) / calls,
    );
  }
  return median(samples.slice(1));
}

/** CPU and not wall time: other processes of the machine are not to count. */
function cpuUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return used.user + used.system;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
