import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConversationId } from '../../src/ids.js';
import type { Contact } from '../../src/chat/people/contact.js';
import type { NewLine } from '../../src/chat/delivery/entry.js';
import { line, messageId, peer, request, start, temporaryHome, withHistory } from './driver.js';
import { dice, holdsAsync, runSeed } from '../support/seeds.js';

const none = {};
const optional = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });

test('seq rises by one over both directions and a duplicate takes none', () =>
  withHistory(async (history) => {
    const said = [line(1), line(2, { direction: 'in', state: 'delivered' }), line(1), line(3)];
    const first = (await history.call('append', { lines: said }))._unsafeUnwrap();
    assert.deepEqual(first.seqs, [1, 2, 1, 3]);
    assert.deepEqual(first.duplicates, [{ at: 2, state: 'queued' }]);
    // The same id of another peer, or in the other direction, is another line.
    const others = [line(1, { peerId: peer(2) }), line(1, { direction: 'in' }), line(3)];
    const second = (await history.call('append', { lines: others }))._unsafeUnwrap();
    assert.deepEqual(second.seqs, [4, 5, 3]);
    assert.equal((await history.call('newest', none))._unsafeUnwrap(), 5);
  }));

test('a request with an id that another text has writes none of its lines', () =>
  withHistory(async (history) => {
    await history.call('append', { lines: [line(1), line(2, { text: 'second' })] });
    const request = { lines: [line(7), line(2, { text: 'another' }), line(8)] };
    const refused = (await history.call('append', request))._unsafeUnwrapErr();
    assert.deepEqual(refused, { code: 'message/id-taken', id: messageId(2) });
    assert.deepEqual((await history.call('outboxSize', none))._unsafeUnwrap().lines, 2);

    // The refusal leaves no gap, and other requests of the same commit are not touched.
    const [taken, kept] = await history.batch<'append'>([
      { name: 'append', body: { lines: [line(9), line(1, { text: 'another' })] } },
      { name: 'append', body: { lines: [line(10)] } },
    ]);
    assert.equal(taken?._unsafeUnwrapErr().code, 'message/id-taken');
    assert.deepEqual(kept?._unsafeUnwrap().seqs, [3]);
    const lines = (await history.call('page', { limit: 10 }))._unsafeUnwrap();
    assert.deepEqual(
      lines.map(({ id }) => id),
      [messageId(1), messageId(2), messageId(10)],
    );
  }));

test('a repeated line tells what the stored one has reached', () =>
  withHistory(async (history) => {
    await history.call('append', { lines: [line(1), line(2)] });
    await history.call('mark', { peerId: peer(1), ids: [messageId(2)], state: 'delivered' });
    const again = (await history.call('append', { lines: [line(1), line(3), line(2)] }))._unsafeUnwrap();
    assert.deepEqual(again.seqs, [1, 3, 2]);
    assert.deepEqual(again.duplicates, [
      { at: 0, state: 'queued' },
      { at: 2, state: 'delivered' },
    ]);
  }));

test('a line comes back exactly as it was handed over', (t) =>
  withHistory(async (history) => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
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
        const given: NewLine = {
          ...line(number, { text: said, peer: name, verified, dialect: 'synergy', encryption: 'none' }),
          ...(verified ? { conversation } : {}),
          direction: verified ? 'in' : 'out',
        };
        await history.call('append', { lines: [given] });
        const [got] = (await history.call('page', { limit: 1 }))._unsafeUnwrap();
        assert.deepEqual(got, { ...given, seq: number });
      }),
      { numRuns: 300 },
    );
  }));

test('requests of one batch share one transaction, whatever they write', () =>
  withHistory(async (history) => {
    const before = (await history.call('stats', none))._unsafeUnwrap().commits;
    const requests = Array.from({ length: 500 }, (_, i) => request('append', { lines: [line(i)] }));
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
      request('append', { lines: [line(1)] }),
      request('page', { limit: 5 }),
    ]);
    const lines = page?._unsafeUnwrap();
    assert.ok(Array.isArray(lines) && lines.length === 1);
  }));

test('a mark moves a line on and never back', () =>
  withHistory(async (history) => {
    await history.call('append', {
      lines: [line(1), line(2), line(3, { direction: 'in', state: 'delivered' })],
    });
    const mark = async (id: number, state: 'queued' | 'sent' | 'delivered' | 'failed') =>
      (await history.call('mark', { peerId: peer(1), ids: [messageId(id)], state }))._unsafeUnwrap().changed;
    assert.deepEqual(await mark(1, 'delivered'), [messageId(1)]);
    for (const state of ['queued', 'sent', 'failed', 'delivered'] as const)
      assert.deepEqual(await mark(1, state), []);
    assert.deepEqual(await mark(2, 'sent'), [messageId(2)]);
    assert.deepEqual(await mark(2, 'failed'), [messageId(2)]);
    assert.deepEqual(await mark(2, 'delivered'), [messageId(2)]);
    assert.deepEqual(await mark(3, 'delivered'), []);
    assert.deepEqual(await mark(9, 'delivered'), []);
  }));

test('the outbox holds what is owed, oldest first, and its size keeps up', () =>
  withHistory(async (history, file) => {
    const lines = Array.from({ length: 30 }, (_, i) => line(i, { peerId: peer(i % 3), text: 'xy' }));
    await history.call('append', { lines });
    await history.call('append', {
      lines: [line(40, { dialect: 'synergy', encryption: 'none', text: 'xy' })],
    });
    await history.call('append', { lines: [line(41, { direction: 'in', state: 'delivered' })] });
    const size = async () => (await history.call('outboxSize', none))._unsafeUnwrap();
    assert.deepEqual(await size(), { lines: 31, bytes: 62 });
    const ids = [messageId(0), messageId(3), messageId(6)];
    await history.call('mark', { peerId: peer(0), ids, state: 'sent' });
    assert.deepEqual(await size(), { lines: 31, bytes: 62 }, 'sent is not delivered');
    await history.call('mark', { peerId: peer(0), ids, state: 'delivered' });
    await history.call('mark', { peerId: peer(1), ids: [messageId(40)], state: 'sent' });
    assert.deepEqual(await size(), { lines: 27, bytes: 54 }, 'sent is all an older dialect can do');
    const outbox = async (body: { afterSeq: number; linesMax: number; peerId?: ReturnType<typeof peer> }) =>
      (await history.call('outbox', body))._unsafeUnwrap().map(({ seq }) => seq);
    assert.deepEqual(await outbox({ peerId: peer(0), afterSeq: 0, linesMax: 3 }), [10, 13, 16]);
    assert.deepEqual(await outbox({ peerId: peer(0), afterSeq: 16, linesMax: 99 }), [19, 22, 25, 28]);
    assert.equal((await outbox({ afterSeq: 0, linesMax: 99 })).length, 27);
    assert.deepEqual(await outbox({ peerId: peer(77), afterSeq: 0, linesMax: 9 }), []);
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await again.call('outboxSize', none))._unsafeUnwrap(), { lines: 27, bytes: 54 });
    await again.stop();
  }));

test('a page answers like a filter over all lines would, also when the clock jumped', (t) =>
  withHistory(async (history) => {
    const roll = dice(runSeed);
    const times = Array.from({ length: 3_000 }, () => 1 + roll(400));
    const lines = times.map((time, i) =>
      line(i, {
        peerId: peer(i % 3),
        direction: i % 2 === 0 ? 'in' : 'out',
        // Grows slowly, with leaps back and forth over several spans.
        receivedAtMs: i + (time < 5 ? 2_000 : 0) - (time > 397 ? 2_000 : 0),
      }),
    );
    await history.call('append', { lines });
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
    await history.call('append', { lines: Array.from({ length: 700 }, (_, i) => line(i, { text: long })) });
    const page = (await history.call('page', { limit: 10_000 }))._unsafeUnwrap();
    assert.ok(page.length >= 256 && page.length <= 512, String(page.length));
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
      await history.call('append', { lines: [line(1)] });
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
  'a home that others may enter, or that is none, is refused',
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

test('what no caller may send fails its own request before it is stored', () =>
  withHistory(async (history) => {
    for (const wrong of [{ receivedAtMs: 0.5 }, { dialect: 'other' }, { state: 'lost' }, { encryption: '' }])
      await assert.rejects(
        history.call('append', { lines: [line(1, wrong as unknown as Partial<NewLine>)] }),
        TypeError,
      );
    assert.equal((await history.call('append', { lines: [line(2)] }))._unsafeUnwrap().seqs[0], 1);
  }));

test('the write-ahead log stays short while appends go on', () =>
  withHistory(async (history, file) => {
    let mostBytes = 0;
    for (let from = 0; from < 40_000; from += 500) {
      const lines = Array.from({ length: 500 }, (_, i) => line(from + i, { text: 'x'.repeat(500) }));
      await history.call('append', { lines });
      mostBytes = Math.max(mostBytes, statSync(`${file}-wal`).size);
    }
    assert.ok(mostBytes < 24 * 2 ** 20, `${String(mostBytes)} bytes`);
  }));
