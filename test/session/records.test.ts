import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sessionV1 } from '../../src/session/limits.js';
import { Established } from '../../src/session/established.js';
import { chaChaPoly, CipherState } from '../../src/session/noise/cipher.js';
import {
  fragments,
  paddedBytes,
  Reassembly,
  RecordOpener,
  RecordSealer,
  type PlainRecord,
} from '../../src/session/records.js';
import { concat } from '../../src/wire/bytes.js';
import { holds } from '../support/seeds.js';

const key = () => new Uint8Array(32).fill(5);
const nothing = new Uint8Array(0);
const ping: PlainRecord = { type: 'ping', content: nothing, hasMore: false };

/** Bodies of the frames in `bytes`. */
function bodies(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    found.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

const padded = (...bytes: readonly number[]) =>
  concat([Uint8Array.from(bytes), new Uint8Array(64 - bytes.length)]);

/** A record sealed by hand, to say what a sealer never would. */
const sealed = (plaintext: Uint8Array, nonce = 0) =>
  new CipherState(chaChaPoly, key(), nonce).encrypt(nothing, plaintext);

test('whatever is sealed is opened again, in order', (t) => {
  holds(
    t,
    fc.property(
      fc.array(
        fc.record({
          type: fc.constantFrom<PlainRecord['type'][]>('data', 'close', 'confirm', 'ping', 'pong'),
          content: fc.uint8Array({ maxLength: 3_000 }),
        }),
        { maxLength: 12 },
      ),
      (plain) => {
        const records = plain.map((record) => ({ ...record, hasMore: false }));
        const frames = new RecordSealer(chaChaPoly, key()).frames(records)._unsafeUnwrap();
        assert.equal(frames.length, frames.buffer.byteLength, 'exact, so that it can be transferred');
        const opener = new RecordOpener(chaChaPoly, key());
        const opened = bodies(frames).map((body) => opener.open(body)._unsafeUnwrap());
        assert.deepEqual(
          opened.map(({ type, content }) => ({ type, content: Uint8Array.from(content) })),
          plain.map(({ type, content }) => ({ type, content })),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('lengths on the wire are multiples of 64 up to 1 KiB, of 1 KiB above', () => {
  for (const [content, padded] of [
    [0, 64],
    [61, 64],
    [62, 128],
    [1_021, 1_024],
    [1_022, 2_048],
    [16_384, 17_408],
    [65_516, 65_519],
  ] as const)
    assert.equal(paddedBytes(content), padded);
});

test('the key changes before counters 65536, 131072, …, and the counter goes on', () => {
  for (const start of [65_535, 131_071, 65_536 * 7 - 1]) {
    const sealer = new RecordSealer(chaChaPoly, key(), start);
    const opener = new RecordOpener(chaChaPoly, key(), start);
    const frames = bodies(sealer.frames([ping, ping, ping])._unsafeUnwrap());
    for (const body of frames) assert.equal(opener.open(body)._unsafeUnwrap().type, 'ping');
    // By hand: the old key at the last counter before the boundary, the new one at the two after it.
    const before = new CipherState(chaChaPoly, key(), start);
    const after = new CipherState(chaChaPoly, key(), start + 1);
    after.rekey();
    assert.ok(before.decrypt(nothing, frames[0] ?? nothing) !== null);
    assert.ok(after.decrypt(nothing, frames[1] ?? nothing) !== null);
    assert.ok(after.decrypt(nothing, frames[2] ?? nothing) !== null);
    const unchanged = new CipherState(chaChaPoly, key(), start + 1);
    assert.equal(unchanged.decrypt(nothing, frames[1] ?? nothing), null);
  }
  const sealer = new RecordSealer(chaChaPoly, key());
  const [first] = bodies(sealer.frames([ping])._unsafeUnwrap());
  assert.ok(new CipherState(chaChaPoly, key()).decrypt(nothing, first ?? nothing) !== null, 'none before 0');
});

test('a session carries 2^32 records and not one more', () => {
  const sealer = new RecordSealer(chaChaPoly, key(), sessionV1.sessionRecordsMax - 2);
  const opener = new RecordOpener(chaChaPoly, key(), sessionV1.sessionRecordsMax - 2);
  const frames = sealer.frames([ping, ping])._unsafeUnwrap();
  for (const body of bodies(frames)) opener.open(body)._unsafeUnwrap();
  assert.equal(sealer.frames([ping])._unsafeUnwrapErr().code, 'session/limit');
  assert.equal(opener.open(bodies(frames)[0] ?? nothing)._unsafeUnwrapErr().code, 'session/limit');
  const near = new RecordSealer(chaChaPoly, key(), sessionV1.sessionRecordsMax - 1);
  assert.ok(near.frames([ping, ping]).isErr(), 'refused as a whole');
  assert.equal(near.records, sessionV1.sessionRecordsMax - 1);
});

test('records of unknown type, with nonzero padding or wrong lengths are refused', () => {
  const dirty = padded(4, 0, 0);
  dirty[63] = 1;
  const long = new Uint8Array(17_408);
  // Only data is longer than 16 KiB: bytes of files.
  long.set([4, 0x40, 0x01]);
  for (const plaintext of [
    padded(0, 0, 0),
    padded(6, 0, 0),
    padded(0x7f, 0, 0),
    padded(0x82, 0, 0),
    padded(1, 0, 62),
    padded(1, 0xff, 0xff),
    dirty,
    long,
    Uint8Array.of(1, 0),
    nothing,
  ])
    assert.equal(
      new RecordOpener(chaChaPoly, key()).open(sealed(plaintext))._unsafeUnwrapErr().code,
      'session/malformed',
    );
  for (const length of [0, 1, 15])
    assert.equal(
      new RecordOpener(chaChaPoly, key()).open(new Uint8Array(length))._unsafeUnwrapErr().code,
      'session/decrypt-failed',
    );
});

const fragment = (bytes: number, hasMore: boolean) =>
  new Reassembly(80 * 1_024).add({ type: 'data', content: new Uint8Array(bytes), hasMore });

// Case N5: four strangers with 80,000 one-byte fragments each cost 134 MB.
test('a fragment that is not the last one carries 16 KiB', () => {
  for (const bytes of [0, 1, 16_383])
    assert.equal(fragment(bytes, true)._unsafeUnwrapErr().code, 'session/malformed');
  assert.equal(fragment(16_384, true)._unsafeUnwrap(), null);
  assert.equal(fragment(1, false)._unsafeUnwrap()?.length, 1);
});

test('fragments are joined again, within bounds', () => {
  for (const length of [0, 1, 16_384, 16_385, 65_600]) {
    const content = Uint8Array.from({ length }, (_, i) => i % 251);
    const reassembly = new Reassembly(80_000);
    const whole = fragments(content).map((record) => reassembly.add(record)._unsafeUnwrap());
    assert.deepEqual(whole.at(-1), content);
    assert.ok(whole.slice(0, -1).every((part) => part === null));
    assert.equal(reassembly.isOpen, false);
  }
  const endless = new Reassembly(80_000);
  const part: PlainRecord = { type: 'data', content: new Uint8Array(16_384), hasMore: true };
  for (let i = 0; i < 4; i += 1) endless.add(part)._unsafeUnwrap();
  assert.equal(endless.add(part)._unsafeUnwrapErr().code, 'session/limit');
  assert.ok(new Reassembly(10).add({ ...part, content: nothing }).isErr());
});

const channel = () => ({
  sealer: new RecordSealer(chaChaPoly, key()),
  opener: new RecordOpener(chaChaPoly, key()),
});

// Case T2
test('a record of another kind amid the fragments of one is refused, whatever the kind', () => {
  const [first, second] = fragments(new Uint8Array(20_000));
  assert.ok(first?.hasMore === true && second?.hasMore === false);
  for (const between of [
    ping,
    { ...ping, type: 'pong' },
    { ...ping, type: 'close', content: Uint8Array.of(1) },
  ] as const) {
    const established = new Established(channel(), 0);
    const frames = channel().sealer.frames([first, between])._unsafeUnwrap();
    const [begun, amid] = bodies(frames);
    assert.ok(begun !== undefined && amid !== undefined);
    assert.deepEqual(established.open(begun, 1)._unsafeUnwrap(), { type: 'nothing' });
    assert.equal(established.open(amid, 1)._unsafeUnwrapErr().code, 'session/order', between.type);
  }
});
