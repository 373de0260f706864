import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textContent, type Entry } from '../../src/chat/delivery/entry.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { createOutbox, type Outbox, type OutboxOutput } from '../../src/chat/delivery/outbox.js';
import { directConversation, messageIdFromBytes, type MessageId } from '../../src/ids.js';

const peerId = peerIdOf(new Uint8Array(32));

function entry(seq: number, text = `line ${seq}`): Entry {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(12, seq);
  return {
    seq,
    id: messageIdFromBytes(id),
    direction: 'out',
    peerId,
    peer: 'bob',
    conversation: directConversation(peerId),
    content: textContent(text),
    sentAtMs: 0,
    receivedAtMs: 0,
    dialect: 'native',
    encryption: 'noise',
    verified: false,
    state: 'queued',
  };
}
const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));
const said = (outputs: readonly OutboxOutput[]): number[] =>
  outputs.flatMap((output) => (output.type === 'say' ? output.entries.map(({ seq }) => seq) : []));
const kinds = (outputs: readonly OutboxOutput[]): string[] => outputs.map((output) => output.type);
const idsOf = (some: readonly Entry[]): MessageId[] => some.map(({ id }) => id);
const noJitter = () => 0;

/** An outbox whose session is up and which has nothing to load. */
function connected(): Outbox {
  const outbox = createOutbox({ hasUndelivered: false, random: noJitter });
  assert.deepEqual(outbox.sessionUp(0), []);
  return outbox;
}

/** A page for an empty window. */
const whole = { type: 'need-more', afterSeq: 0, entriesMax: 4_096, bytesMax: 2 ** 20 } as const;

test('an entry that finds a session is said at once, one that finds none makes us dial', () => {
  assert.deepEqual(said(connected().queued([entry(1)], 1)), [1]);
  const outbox = createOutbox({ hasUndelivered: false, random: noJitter });
  assert.deepEqual(kinds(outbox.queued([entry(1)], 1)), ['dial']);
  assert.deepEqual(kinds(outbox.queued([entry(2)], 2)), [], 'one dial at a time');
  const [ask] = outbox.sessionUp(3);
  assert.deepEqual(ask, { ...whole, request: 1 });
  assert.deepEqual(said(outbox.loaded(1, entries(1, 2), true, 4)), [1, 2]);
});

test('dials back off from one second to a minute, with jitter, and respect the pause of BUSY', () => {
  for (const [random, least] of [
    [0, 1],
    [0.999, 0.5],
  ] as const) {
    const outbox = createOutbox({ hasUndelivered: true, random: () => random });
    let nowMs = 0;
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      assert.deepEqual(kinds(outbox.tick(nowMs)), ['dial']);
      outbox.dialFailed(nowMs);
      const dueAtMs = outbox.dueAtMs() ?? 0;
      waits.push((dueAtMs - nowMs) / 1_000);
      assert.deepEqual(outbox.tick(dueAtMs - 1), []);
      nowMs = dueAtMs;
    }
    const expected = [1, 2, 4, 8, 16, 32, 60, 60, 60];
    for (const [index, wait] of waits.entries()) {
      assert.ok(Math.abs(wait - (expected[index] ?? 0) * least) < 0.1, `${wait}`);
    }
  }
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  outbox.tick(0);
  outbox.dialFailed(0, 700);
  assert.equal(outbox.dueAtMs(), 700);
});

// Case N2: a BUSY is not authenticated, so it cannot keep us away for longer than our own back-off.
test('a busy peer that asks for hours is dialled after our own back-off', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  let nowMs = 0;
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    assert.deepEqual(kinds(outbox.tick(nowMs)), ['dial']);
    outbox.dialFailed(nowMs, 65_535_000);
    waits.push(((outbox.dueAtMs() ?? 0) - nowMs) / 1_000);
    nowMs = outbox.dueAtMs() ?? 0;
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
});

// Case N6
test('a peer that shows up is dialled at once, but not by every beacon', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  for (let nowMs = 0; nowMs < 100_000;) {
    outbox.tick(nowMs);
    outbox.dialFailed(nowMs);
    nowMs = outbox.dueAtMs() ?? 0;
  }
  assert.deepEqual(kinds(outbox.present(104_000)), ['dial']);
  outbox.dialFailed(104_000);
  assert.deepEqual(kinds(outbox.present(104_001)), []);
  assert.equal(outbox.dueAtMs(), 106_000);
  assert.deepEqual(kinds(outbox.tick(106_000)), ['dial']);
});

test('a dial or a page that is never answered is asked for again', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  outbox.tick(0);
  outbox.tick(30_000);
  assert.deepEqual(kinds(outbox.tick(31_000)), ['dial']);
  assert.deepEqual(kinds(outbox.sessionUp(32_000)), ['need-more']);
  assert.deepEqual(outbox.tick(41_999), []);
  const [again] = outbox.tick(42_000);
  assert.deepEqual(again, { ...whole, request: 2 });
  assert.deepEqual(outbox.loaded(1, entries(1, 2), true, 42_001), [], 'too late');
  assert.deepEqual(said(outbox.loaded(2, entries(1, 2), true, 42_002)), [1, 2]);
});

test('the next session sends unconfirmed messages again from the oldest on', () => {
  const outbox = connected();
  outbox.queued(entries(1, 5), 0);
  assert.deepEqual(outbox.confirmed(idsOf(entries(1, 2)), 1), [
    { type: 'delivered', ids: idsOf(entries(1, 2)) },
  ]);
  outbox.sessionDown(2);
  assert.deepEqual(kinds(outbox.tick(1_002)), ['dial']);
  assert.deepEqual(kinds(outbox.sessionUp(1_003)), ['need-more']);
  assert.deepEqual(said(outbox.loaded(1, entries(3, 5), true, 1_004)), [3, 4, 5]);
  outbox.confirmed(idsOf(entries(3, 5)), 1_005);
  assert.ok(outbox.isEmpty());
  assert.equal(outbox.dueAtMs(), null);
});

test('without receipts a session repeats its messages twice and ends within fifteen seconds', () => {
  const outbox = connected();
  outbox.queued(entries(1, 3), 0);
  const story: string[] = [];
  for (let due = outbox.dueAtMs(); due !== null; due = outbox.dueAtMs()) {
    const outputs = outbox.tick(due);
    story.push(`${due}: ${kinds(outputs).join()} ${said(outputs).join()}`);
    if (story.length > 5) break;
  }
  assert.deepEqual(story, ['2000: say 1,2,3', '6000: say 1,2,3', '14000: hang-up ']);
});

test('a receipt restarts the wait for the next one', () => {
  const outbox = connected();
  outbox.queued(entries(1, 3), 0);
  outbox.tick(2_000);
  outbox.confirmed(idsOf([entry(2)]), 3_000);
  assert.equal(outbox.dueAtMs(), 5_000);
  assert.deepEqual(said(outbox.tick(5_000)), [1, 3]);
});

test('at most 10,000 entries and one megabyte are under way, in pieces of at most 512', () => {
  const outbox = connected();
  const outputs = outbox.queued(entries(1, 10_900), 0);
  assert.equal(said(outputs).length, 10_000);
  for (const output of outputs) if (output.type === 'say') assert.ok(output.entries.length <= 512);
  const next = outbox.confirmed(idsOf(entries(1, 7_000)), 1);
  const { type, afterSeq, entriesMax } = { ...whole, afterSeq: 10_000 };
  const bytes = entries(7_001, 10_000).reduce((sum, { seq }) => sum + `line ${seq}`.length, 0);
  assert.deepEqual(next.at(-1), { type, request: 1, afterSeq, entriesMax, bytesMax: 2 ** 20 - bytes });
  assert.deepEqual(
    said(outbox.loaded(1, entries(10_001, 10_900), true, 2)),
    said([{ type: 'say', entries: entries(10_001, 10_900), isAgain: false }]),
  );
  const big = connected();
  const letters = Array.from({ length: 40 }, (_, index) => entry(index + 1, 'x'.repeat(65_536)));
  assert.equal(said(big.queued(letters, 0)).length, 16);
});

test('committed messages of a sender in a hurry are sent without reading the disk', () => {
  const outbox = connected();
  const outputs = Array.from({ length: 12 }, (_, batch) =>
    outbox.queued(entries(batch * 500 + 1, batch * 500 + 500), batch),
  ).flat();
  assert.equal(said(outputs).length, 6_000);
  assert.ok(!kinds(outputs).includes('need-more'));
});

test('an entry committed while a page is read is neither lost nor overtaken', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  outbox.sessionUp(0);
  assert.deepEqual(outbox.queued([entry(3)], 1), []);
  const outputs = outbox.loaded(1, entries(1, 2), true, 2);
  assert.deepEqual(said(outputs), [1, 2]);
  assert.equal(kinds(outputs).at(-1), 'need-more');
  assert.deepEqual(said(outbox.loaded(2, [entry(3)], true, 3)), [3]);
});

test('a receipt of a message outside the window is still reported', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  assert.deepEqual(outbox.confirmed([entry(9).id, entry(9).id], 0)[0], {
    type: 'delivered',
    ids: [entry(9).id],
  });
});

test('after a session that had nothing left to say the next entry dials at once', () => {
  const outbox = connected();
  for (let round = 0; round < 8; round += 1) {
    outbox.sessionDown(round * 10);
    outbox.sessionUp(round * 10 + 5);
  }
  outbox.sessionDown(100);
  assert.deepEqual(kinds(outbox.queued([entry(1)], 101)), ['dial']);
});

/** An outbox whose session has just come up, after six dials that failed. */
function reachedAfterFailures(): { readonly outbox: Outbox; readonly nowMs: number } {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  let nowMs = 0;
  for (let round = 0; round < 6; round += 1) {
    outbox.tick(nowMs);
    outbox.dialFailed(nowMs);
    nowMs = outbox.dueAtMs() ?? 0;
  }
  outbox.tick(nowMs);
  outbox.sessionUp(nowMs);
  return { outbox, nowMs };
}

/** After six dials that failed and a session in which one entry of two was confirmed, or none. */
function retryAfterMs(isConfirmed: boolean): number {
  const { outbox, nowMs } = reachedAfterFailures();
  outbox.loaded(1, entries(1, 2), true, nowMs);
  if (isConfirmed) outbox.confirmed(idsOf(entries(1, 1)), nowMs);
  outbox.sessionDown(nowMs);
  return (outbox.dueAtMs() ?? 0) - nowMs;
}

// Case T2
test('the back-off restarts after a confirmed message, and not before', () => {
  assert.equal(retryAfterMs(false), 60_000);
  assert.ok(retryAfterMs(true) <= 1_000, 'the peer was there a moment ago');
});

// Case T2
test('the back-off restarts after a session that had nothing left to send', () => {
  const { outbox, nowMs } = reachedAfterFailures();
  outbox.loaded(1, [], true, nowMs);
  outbox.sessionDown(nowMs);
  assert.deepEqual(kinds(outbox.queued([entry(1)], nowMs)), ['dial']);
  outbox.dialFailed(nowMs);
  assert.equal((outbox.dueAtMs() ?? 0) - nowMs, 1_000);
});

test('a peer that takes sessions and confirms nothing is dialled ever more seldom', () => {
  const outbox = createOutbox({ hasUndelivered: true, random: noJitter });
  let nowMs = 0;
  let dials = 0;
  for (let request = 1; nowMs < 3_600_000; request += 1) {
    dials += outbox.tick(nowMs).filter(({ type }) => type === 'dial').length;
    outbox.sessionUp(nowMs);
    outbox.loaded(request, entries(1, 2), true, nowMs);
    outbox.sessionDown(nowMs + 100);
    nowMs = outbox.dueAtMs() ?? 0;
  }
  // Five quick tries, a growing delay, then one dial a minute.
  assert.ok(dials >= 60 && dials <= 75, `${dials} dials in an hour`);
});
