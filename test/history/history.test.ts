import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConversationId, type PeerId } from '../../src/ids.js';
import type { Contact } from '../../src/chat/people/contact.js';
import type { Content, DeliveryState, NewEntry } from '../../src/chat/delivery/entry.js';
import { entry, messageId, peer, request, start, temporaryHome, withHistory, type Driver } from './driver.js';
import { dice, holdsAsync, runSeed } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';
import { noChoice } from '../../src/chat/people/contact.js';

const none = {};
const optional = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });

test('seq rises by one over both directions and a duplicate takes none', () =>
  withHistory(async (history) => {
    const said = [entry(1), entry(2, { direction: 'in', state: 'delivered' }), entry(1), entry(3)];
    const first = (await history.call('append', { entries: said }))._unsafeUnwrap();
    assert.deepEqual(first.seqs, [1, 2, 1, 3]);
    assert.deepEqual(first.duplicates, [{ at: 2, state: 'queued' }]);
    // The same id of another peer, or in the other direction, is another entry.
    const others = [entry(1, { peerId: peer(2) }), entry(1, { direction: 'in' }), entry(3)];
    const second = (await history.call('append', { entries: others }))._unsafeUnwrap();
    assert.deepEqual(second.seqs, [4, 5, 3]);
    assert.equal((await history.call('newest', none))._unsafeUnwrap(), 5);
  }));

test('a request with an id that another text has writes none of its entries', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: [entry(1), entry(2, { text: 'second' })] });
    const request = { entries: [entry(7), entry(2, { text: 'another' }), entry(8)] };
    const refused = (await history.call('append', request))._unsafeUnwrapErr();
    assert.deepEqual(refused, { code: 'message/id-taken', id: messageId(2) });
    assert.deepEqual((await history.call('outboxSize', none))._unsafeUnwrap().entries, 2);

    // The refusal leaves no gap, and other requests of the same commit are not touched.
    const [taken, kept] = await history.batch<'append'>([
      { name: 'append', body: { entries: [entry(9), entry(1, { text: 'another' })] } },
      { name: 'append', body: { entries: [entry(10)] } },
    ]);
    assert.equal(taken?._unsafeUnwrapErr().code, 'message/id-taken');
    assert.deepEqual(kept?._unsafeUnwrap().seqs, [3]);
    const entries = (await history.call('page', { limit: 10 }))._unsafeUnwrap();
    assert.deepEqual(
      entries.map(({ id }) => id),
      [messageId(1), messageId(2), messageId(10)],
    );
  }));

test('a repeated entry tells what the stored one has reached', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: [entry(1), entry(2)] });
    await history.call('mark', { peerId: peer(1), ids: [messageId(2)], state: 'delivered' });
    const again = (await history.call('append', { entries: [entry(1), entry(3), entry(2)] }))._unsafeUnwrap();
    assert.deepEqual(again.seqs, [1, 3, 2]);
    assert.deepEqual(again.duplicates, [
      { at: 0, state: 'queued' },
      { at: 2, state: 'delivered' },
    ]);
  }));

test('an entry comes back exactly as it was handed over', (t) =>
  withHistory(async (history) => {
    const text = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.constantFrom(
        '',
        '\0',
        'a\0b',
        '\uD83D',
        'x\uDE00\uD83Dy',
        '🎉👩‍👩‍👧',
        '\uFEFFbom',
        "'; DROP TABLE line; --",
      ),
    );
    let number = 0;
    await holdsAsync(
      t,
      fc.asyncProperty(text, text, fc.boolean(), async (said, name, verified) => {
        number += 1;
        const conversation = parseConversationId('room:lobby')._unsafeUnwrap();
        const given: NewEntry = {
          ...entry(number, { text: said, peer: name, verified, dialect: 'synergy', encryption: 'none' }),
          ...(verified ? { conversation } : {}),
          direction: verified ? 'in' : 'out',
          state: verified ? 'delivered' : 'queued',
        };
        await history.call('append', { entries: [given] });
        const [got] = (await history.call('page', { limit: 1 }))._unsafeUnwrap();
        assert.deepEqual(got, { ...given, seq: number });
      }),
      { numRuns: 300 },
    );
  }));

test('requests of one batch share one transaction, whatever they write', () =>
  withHistory(async (history) => {
    const before = (await history.call('stats', none))._unsafeUnwrap().commits;
    const requests = Array.from({ length: 500 }, (_, i) => request('append', { entries: [entry(i)] }));
    const answers = await history.batch<'append' | 'mark'>([
      ...requests,
      request('mark', { peerId: peer(1), ids: [messageId(7)], state: 'delivered' }),
    ]);
    assert.ok(answers.every((answer) => answer.isOk()));
    assert.equal((await history.call('stats', none))._unsafeUnwrap().commits, before + 1);
  }));

test('a read sees the writes that came before it in its batch', () =>
  withHistory(async (history) => {
    const [, page] = await history.batch<'append' | 'page'>([
      request('append', { entries: [entry(1)] }),
      request('page', { limit: 5 }),
    ]);
    const entries = page?._unsafeUnwrap();
    assert.ok(Array.isArray(entries) && entries.length === 1);
  }));

// Case H6
test('a mark moves an entry on and never back, and tells also what was there already', () =>
  withHistory(async (history) => {
    await history.call('append', {
      entries: [entry(1), entry(2), entry(3, { direction: 'in', state: 'delivered' })],
    });
    const mark = async (id: number, state: 'queued' | 'sent' | 'delivered' | 'failed') =>
      (await history.call('mark', { peerId: peer(1), ids: [messageId(id)], state }))._unsafeUnwrap().reached;
    assert.deepEqual(await mark(1, 'delivered'), [messageId(1)]);
    assert.deepEqual(await mark(1, 'delivered'), [messageId(1)], 'a repeated request has the same answer');
    for (const state of ['queued', 'sent', 'failed'] as const) assert.deepEqual(await mark(1, state), []);
    assert.deepEqual(await mark(2, 'sent'), [messageId(2)]);
    assert.deepEqual(await mark(2, 'failed'), [messageId(2)]);
    assert.deepEqual(await mark(2, 'delivered'), [messageId(2)]);
    assert.deepEqual(await mark(3, 'delivered'), []);
    assert.deepEqual(await mark(9, 'delivered'), []);
  }));

test('the outbox holds what is owed, oldest first, and its size keeps up', () =>
  withHistory(async (history, file) => {
    const entries = Array.from({ length: 30 }, (_, i) => entry(i, { peerId: peer(i % 3), text: 'xy' }));
    await history.call('append', { entries });
    await history.call('append', {
      entries: [entry(40, { dialect: 'synergy', encryption: 'none', text: 'xy' })],
    });
    await history.call('append', { entries: [entry(41, { direction: 'in', state: 'delivered' })] });
    const size = async () => (await history.call('outboxSize', none))._unsafeUnwrap();
    assert.deepEqual(await size(), { entries: 31, bytes: 62 });
    const ids = [messageId(0), messageId(3), messageId(6)];
    await history.call('mark', { peerId: peer(0), ids, state: 'sent' });
    assert.deepEqual(await size(), { entries: 31, bytes: 62 }, 'sent is not delivered');
    await history.call('mark', { peerId: peer(0), ids, state: 'delivered' });
    await history.call('mark', { peerId: peer(1), ids: [messageId(40)], state: 'sent' });
    assert.deepEqual(await size(), { entries: 27, bytes: 54 }, 'sent is all an older dialect can do');
    const outbox = async (peerId: PeerId, afterSeq: number, entriesMax: number) => {
      const body = { peerId, afterSeq, entriesMax, bytesMax: 2 ** 20 };
      const page = (await history.call('outbox', body))._unsafeUnwrap();
      return [page.entries.map(({ seq }) => seq), page.isLast];
    };
    assert.deepEqual(await outbox(peer(0), 0, 3), [[10, 13, 16], false]);
    assert.deepEqual(await outbox(peer(0), 16, 99), [[19, 22, 25, 28], true]);
    assert.deepEqual(await outbox(peer(77), 0, 9), [[], true]);
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await again.call('outboxSize', none))._unsafeUnwrap(), { entries: 27, bytes: 54 });
    await again.stop();
  }));

// Case H7
test('a page of the outbox is bounded in bytes, and says whether more waits behind it', () =>
  withHistory(async (history) => {
    const texts = [60_000, 60_000, 10, 10, 60_000, 10].map((bytes) => 'x'.repeat(bytes));
    const many = Array.from({ length: 40 }, (_, i) => entry(100 + i, { text: 'y'.repeat(30_000) }));
    await history.call('append', { entries: [...texts.map((text, i) => entry(i, { text })), ...many] });
    const outbox = async (afterSeq: number, bytesMax: number, entriesMax = 4_096) => {
      const body = { peerId: peer(1), afterSeq, entriesMax, bytesMax };
      const page = (await history.call('outbox', body))._unsafeUnwrap();
      return [page.entries.map(({ seq }) => seq), page.isLast];
    };
    assert.deepEqual(await outbox(0, 120_020), [[1, 2, 3, 4], false]);
    assert.deepEqual(await outbox(0, 1), [[1], false], 'one line in any case');
    assert.deepEqual(await outbox(4, 60_010), [[5, 6], false]);
    const [seqs] = await outbox(6, 300_000);
    assert.equal(Array.isArray(seqs) ? seqs.length : 0, 10);
    assert.deepEqual(await outbox(45, 30_000), [[46], true]);
  }));

const waitingIn = async (from: Driver, peerId: PeerId) => {
  const body = { peerId, afterSeq: 0, entriesMax: 9, bytesMax: 2 ** 20 };
  const { entries } = (await from.call('outbox', body))._unsafeUnwrap();
  return entries.map((entry) => [entry.peerId, entry.conversation, entry.state]);
};

const stateIn = async (from: Driver) => (await from.call('page', { limit: 9 }))._unsafeUnwrap()[0]?.state;

test('a message to several peers has a delivery of its own to each', () =>
  withHistory(async (history, file) => {
    const conversation = parseConversationId('room:lobby')._unsafeUnwrap();
    const recipients = [peer(1), peer(2), peer(3)];
    const said = entry(1, { recipients, conversation, text: 'to all' });
    const { seqs, outbox: size } = (await history.call('append', { entries: [said] }))._unsafeUnwrap();
    assert.deepEqual([seqs, size], [[1], { entries: 3, bytes: 18 }]);
    for (const peerId of recipients)
      assert.deepEqual(await waitingIn(history, peerId), [[peerId, conversation, 'queued']]);
    const mark = (from: Driver, peerId: PeerId, state: DeliveryState) =>
      from.call('mark', { peerId, ids: [said.id], state });
    await mark(history, peer(1), 'delivered');
    assert.deepEqual(await waitingIn(history, peer(1)), []);
    assert.equal((await waitingIn(history, peer(2))).length, 1);
    assert.equal(await stateIn(history), 'queued', 'the one that has come least far counts');
    await history.stop();

    const again = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await again.call('outboxSize', none))._unsafeUnwrap(), { entries: 2, bytes: 12 });
    await mark(again, peer(2), 'failed');
    assert.equal(await stateIn(again), 'queued');
    await mark(again, peer(3), 'delivered');
    assert.equal(await stateIn(again), 'delivered');
    assert.deepEqual((await again.call('outboxSize', none))._unsafeUnwrap(), { entries: 0, bytes: 0 });
    await again.stop();
  }));

test('contents of every kind come back, and search finds texts alone', (t) =>
  withHistory(async (history) => {
    // No stored message has one of these ids.
    const id = fc.integer({ min: 10_000, max: 11_000 }).map(messageId);
    const revision = fc.nat(1_000);
    const content = fc.oneof(
      fc.record({ type: fc.constant('edit' as const), target: id, revision, text: fc.string() }),
      fc.record({ type: fc.constant('delete' as const), target: id }),
      fc.record({
        type: fc.constant('reaction' as const),
        target: id,
        revision,
        emoji: fc.constantFrom('👍', '\uD83D'),
        isOn: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('file-offer' as const),
        name: fc.string(),
        files: revision,
        directories: revision,
        bytes: revision,
        manifestBytes: revision,
        manifestHash: fc.constant('00'.repeat(32)),
        chunkBytes: revision,
        isFolder: fc.boolean(),
        root: fc.option(fc.constant('11'.repeat(32))),
        expiresSeconds: revision,
        comment: fc.string(),
      }),
      fc.record({
        type: fc.constant('unknown' as const),
        kind: fc.integer({ min: 5, max: 1_000 }),
        body: fc.uint8Array(),
      }),
    );
    let number = 0;
    await holdsAsync(
      t,
      fc.asyncProperty(content, async (said) => {
        number += 1;
        await history.call('append', { entries: [{ ...entry(number), content: said }] });
        const [got] = (await history.call('page', { limit: 1 }))._unsafeUnwrap();
        assert.deepEqual(plain(got?.content), plain(said));
      }),
      { numRuns: 100 },
    );
    await history.call('append', { entries: [entry(5_000, { text: 'target' })] });
    await history.idle();
    assert.equal((await history.call('page', { limit: 9, search: 'target' }))._unsafeUnwrap().length, 1);
  }));

/** A Buffer and a Uint8Array of the same bytes are equal. */
const plain = (content: Content | undefined): unknown =>
  content?.type === 'unknown' ? { ...content, body: [...content.body] } : { ...content };

test('a page answers like a filter over all entries would, also when the clock jumped', (t) =>
  withHistory(async (history) => {
    const roll = dice(runSeed);
    const times = Array.from({ length: 3_000 }, () => 1 + roll(400));
    const entries = times.map((time, i) =>
      entry(i, {
        peerId: peer(i % 3),
        direction: i % 2 === 0 ? 'in' : 'out',
        // Grows slowly, with leaps back and forth over several spans.
        receivedAtMs: i + (time < 5 ? 2_000 : 0) - (time > 397 ? 2_000 : 0),
      }),
    );
    await history.call('append', { entries });
    const all = (await history.call('page', { limit: 10_000 }))._unsafeUnwrap();
    assert.equal(all.length, 3_000);
    const query = fc.record({
      who: optional(3),
      sinceMs: optional(3_200),
      untilMs: optional(3_200),
      afterSeq: optional(3_100),
      beforeSeq: optional(3_100),
      direction: fc.constantFrom('in', 'out', undefined),
      limit: fc.integer({ min: 0, max: 600 }),
    });
    await holdsAsync(
      t,
      fc.asyncProperty(query, async ({ who, ...asked }) => {
        const peerId = who === undefined ? undefined : peer(who);
        const fits = all.filter(
          (one) =>
            (peerId === undefined || one.peerId === peerId) &&
            one.receivedAtMs >= (asked.sinceMs ?? -9_999) &&
            one.receivedAtMs <= (asked.untilMs ?? 99_999) &&
            one.seq > (asked.afterSeq ?? 0) &&
            one.seq < (asked.beforeSeq ?? 99_999) &&
            (asked.direction === undefined || one.direction === asked.direction),
        );
        const from = asked.afterSeq === undefined ? Math.max(0, fits.length - asked.limit) : 0;
        const defined = Object.fromEntries(
          Object.entries({ ...asked, peerId }).filter(([, value]) => value !== undefined),
        ) as { limit: number };
        const got = (await history.call('page', defined))._unsafeUnwrap();
        assert.deepEqual(
          got.map(({ seq }) => seq),
          fits.slice(from, from + asked.limit).map(({ seq }) => seq),
        );
      }),
      { numRuns: 200 },
    );
  }));

test('a page of long texts ends at its limit in bytes', () =>
  withHistory(async (history) => {
    const long = 'x'.repeat(65_536);
    await history.call('append', {
      entries: Array.from({ length: 700 }, (_, i) => entry(i, { text: long })),
    });
    const page = (await history.call('page', { limit: 10_000 }))._unsafeUnwrap();
    assert.equal(page.length, 256);
    assert.equal(page.at(-1)?.seq, 700);
  }));

test('contacts are kept over a restart', () =>
  withHistory(async (history, file) => {
    const contact: Contact = {
      peerId: peer(5),
      name: 'Zoë \uD800',
      idKeyHex: 'ab'.repeat(32),
      trust: 'verified',
      blocked: true,
      certificateSerial: 1_800_000_000_000,
      wireVersion: 1,
      features: 0,
      nextHex: '',
      ...noChoice,
      address: '10.0.0.5:6001',
      firstSeenMs: 1,
      lastSeenMs: 2,
    };
    await history.call('putContact', { ...contact, trust: 'pinned' });
    await history.call('putContact', contact);
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await again.call('contacts', none))._unsafeUnwrap(), [contact]);
    await again.stop();
  }));

test('every file has mode 0600 whatever the umask', { skip: process.platform === 'win32' }, async () => {
  for (const umask of [0o000, 0o777]) {
    const { home, file, remove } = temporaryHome();
    const before = process.umask(umask);
    try {
      const history = (await start(file))._unsafeUnwrap();
      await history.call('append', { entries: [entry(1)] });
      for (const part of ['', '-wal', '-shm'])
        assert.equal(statSync(file + part).mode & 0o777, 0o600, `${part} under ${umask.toString(8)}`);
      await history.stop();
    } finally {
      process.umask(before);
      chmodSync(home, 0o700);
      remove();
    }
  }
});

test(
  'a directory that others may enter, or that is not a home, is refused',
  { skip: process.platform === 'win32' },
  async () => {
    const { home, file, remove } = temporaryHome();
    try {
      chmodSync(home, 0o755);
      assert.equal((await start(file))._unsafeUnwrapErr().code, 'store/unusable');
      chmodSync(home, 0o700);
      assert.equal(
        (await start(join(home, 'absent', 'history.db')))._unsafeUnwrapErr().code,
        'store/unusable',
      );
      writeFileSync(join(home, 'plain'), '');
      assert.equal(
        (await start(join(home, 'plain', 'history.db')))._unsafeUnwrapErr().code,
        'store/unusable',
      );
    } finally {
      remove();
    }
  },
);

test('an invalid value fails its own request before it is stored', () =>
  withHistory(async (history) => {
    for (const wrong of [{ receivedAtMs: 0.5 }, { dialect: 'other' }, { state: 'lost' }, { encryption: '' }])
      await assert.rejects(
        history.call('append', { entries: [entry(1, wrong as unknown as Partial<NewEntry>)] }),
        TypeError,
      );
    assert.equal((await history.call('append', { entries: [entry(2)] }))._unsafeUnwrap().seqs[0], 1);
  }));

test('the write-ahead log stays short while appends go on', () =>
  withHistory(async (history, file) => {
    let mostBytes = 0;
    for (let from = 0; from < 40_000; from += 500) {
      const entries = Array.from({ length: 500 }, (_, i) => entry(from + i, { text: 'x'.repeat(500) }));
      await history.call('append', { entries });
      mostBytes = Math.max(mostBytes, statSync(`${file}-wal`).size);
    }
    assert.ok(mostBytes < 24 * 2 ** 20, `${String(mostBytes)} bytes`);
  }));
