import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BeaconSource } from '../../src/chat/presence/beacon-gate.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { roster as limits } from '../../src/chat/presence/limits.js';
import { createRoster, type Roster } from '../../src/chat/presence/roster.js';
import type { BeaconRecord } from '../../src/wire/beacon.js';
import type { Status } from '../../src/wire/status.js';
import type { Presence } from '../../src/chat/people/presence.js';
import { holds } from '../support/seeds.js';

const clocks = (nowMs: number) => ({ nowMs, wallClockMs: 1_700_000_000_000 + nowMs });
const keyOf = (n: number) => {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, n);
  return key;
};
const idOf = (n: number) => peerIdOf(keyOf(n));
const at = (address: string, isLocal = false): BeaconSource => ({ address, port: 40_000, isLocal });
const record = (n: number, changes: Partial<BeaconRecord> = {}): BeaconRecord => ({
  kind: 'announce',
  idKey: keyOf(n),
  bootId: new Uint8Array(8).fill(1),
  seq: 1,
  timeMs: 0,
  tcpPort: 6001,
  name: `peer${n}`,
  wireVersions: [1],
  certificateSerial: 1,
  nonce: null,
  instance: null,
  ...changes,
});
const hear = (roster: Roster, n: number, source: BeaconSource, nowMs: number, changes = {}) =>
  roster.heard(idOf(n), record(n, changes), source, clocks(nowMs));
const byId = (a: Presence, b: Presence) => a.peerId.localeCompare(b.peerId);
const states = (rows: readonly Presence[]) => rows.map((row) => row.state);

test('a native peer is online until it misses two beacons, then away, and gone after 15 minutes', () => {
  const roster = createRoster();
  assert.deepEqual(states(hear(roster, 1, at('10.0.0.7'), 0)), ['online']);
  assert.deepEqual(roster.tick(clocks(18_000)), []);
  assert.deepEqual(states(roster.tick(clocks(18_001))), ['away']);
  assert.deepEqual(roster.tick(clocks(900_000)), []);
  assert.deepEqual(states(hear(roster, 1, at('10.0.0.7'), 900_000)), ['online'], 'and back');
  assert.deepEqual(states(roster.tick(clocks(1_000_000))), ['away']);
  assert.deepEqual(states(roster.tick(clocks(1_800_001))), ['offline']);
  assert.deepEqual(roster.rows(), []);
});

test('a peer of the oldest program is online for ten seconds after its announcement', () => {
  const roster = createRoster();
  const [row] = roster.heardForeign({ username: 'bob\u0007', hasAddress: true }, at('10.0.0.7'), clocks(0));
  assert.deepEqual([row?.peerId, row?.name, row?.dialect], ['cmp2204://10.0.0.7', 'bob', 'cmp2204']);
  assert.deepEqual(roster.tick(clocks(10_000)), []);
  assert.deepEqual(states(roster.tick(clocks(10_001))), ['away']);
  assert.deepEqual(
    roster.heardForeign({ username: '\u200B', hasAddress: true }, at('10.0.0.8'), clocks(0)),
    [],
    'nameless',
  );
});

test('a beacon of equal content changes nothing, a new name or run does', () => {
  const roster = createRoster();
  hear(roster, 1, at('10.0.0.7'), 0);
  assert.deepEqual(hear(roster, 1, at('10.0.0.7'), 8_000, { seq: 2 }), []);
  assert.equal(roster.rows()[0]?.lastSeenMs, clocks(8_000).wallClockMs);
  assert.equal(hear(roster, 1, at('10.0.0.7'), 9_000, { name: 'new' })[0]?.name, 'new');
  assert.equal(hear(roster, 1, at('10.0.0.7'), 9_000, { bootId: new Uint8Array(8) }).length, 1);
});

test('every change of the status in a beacon changes the row, and its end does, too', () => {
  const roster = createRoster();
  const busy: Status = { presence: 'busy', text: 'exam', untilMs: null };
  const statuses: readonly (Status | undefined)[] = [
    undefined,
    busy,
    { ...busy, text: 'lunch' },
    { ...busy, text: 'lunch', untilMs: 90_000 },
    { ...busy, presence: 'away' },
    undefined,
  ];
  for (const [turn, status] of statuses.entries()) {
    const nowMs = turn * 8_000;
    const changes = status === undefined ? {} : { status };
    const rows = hear(roster, 1, at('10.0.0.7'), nowMs, { seq: 2 * turn + 1, ...changes });
    assert.deepEqual(
      rows.map((row) => row.status),
      [status],
    );
    const repeated = { seq: 2 * turn + 2, ...(status === undefined ? {} : { status: { ...status } }) };
    assert.deepEqual(hear(roster, 1, at('10.0.0.7'), nowMs + 1, repeated), [], 'nothing new');
  }
});

test('rows of an earlier roster age from now on, and a beacon makes them young again', () => {
  const before = createRoster();
  hear(before, 1, at('10.0.0.7'), 0);
  hear(before, 2, at('10.0.0.8'), 0);
  before.tick(clocks(20_000));
  hear(before, 1, at('10.0.0.7'), 21_000, { seq: 2 });
  assert.deepEqual(states(before.rows().toSorted(byId)).toSorted(), ['away', 'online']);
  const roster = createRoster();
  hear(roster, 3, at('10.0.0.9'), 30_000);
  roster.recall([...before.rows(), ...roster.rows()], clocks(30_000));
  assert.equal(roster.rows().length, 3);
  assert.deepEqual(roster.tick(clocks(30_001)), [], 'nobody has changed');
  hear(roster, 3, at('10.0.0.9'), 40_000, { seq: 2 });
  assert.deepEqual(
    roster.tick(clocks(48_001)).map((row) => [row.peerId, row.state]),
    [[idOf(1), 'away']],
  );
  assert.deepEqual(states(hear(roster, 2, at('10.0.0.8'), 50_000, { seq: 3 })), ['online']);
});

test('recalled rows do not exceed the bound', () => {
  const before = createRoster();
  for (let n = 0; n < 5; n += 1) hear(before, n, at(`10.0.0.${n}`), 0);
  const roster = createRoster({ rowsMax: 3 });
  roster.recall(before.rows(), clocks(0));
  assert.equal(roster.rows().length, 3);
});

test('a goodbye ends the row at once', () => {
  const roster = createRoster();
  assert.deepEqual(hear(roster, 1, at('10.0.0.7'), 0, { kind: 'bye' }), []);
  hear(roster, 1, at('10.0.0.7'), 0);
  assert.deepEqual(states(hear(roster, 1, at('10.0.0.7'), 1, { kind: 'bye' })), ['offline']);
  assert.equal(roster.standingOf(idOf(1)), 'unknown');
});

// Cases N3, N6
test('a row puts a new address first, else keeps the order until the first one is silent', () => {
  const roster = createRoster();
  const hosts = () => roster.rows()[0]?.addresses.map(({ host }) => host);
  hear(roster, 1, at('10.0.0.7'), 0);
  hear(roster, 1, at('192.168.0.7'), 1);
  assert.deepEqual(hosts(), ['192.168.0.7', '10.0.0.7'], 'it has moved');
  hear(roster, 1, at('10.0.0.7'), 8_000);
  assert.deepEqual(hosts(), ['192.168.0.7', '10.0.0.7'], 'it may have both');
  for (let nowMs = 16_000; nowMs < 40_000; nowMs += 8_000) hear(roster, 1, at('10.0.0.7'), nowMs);
  assert.deepEqual(hosts(), ['10.0.0.7', '192.168.0.7']);
  for (let n = 0; n < 20; n += 1) hear(roster, 1, at(`172.16.0.${n}`), 40_000);
  assert.equal(hosts()?.length, 8);
  hear(roster, 1, at('10.9.9.9'), 41_000, { bootId: new Uint8Array(8).fill(2) });
  assert.deepEqual(hosts(), ['10.9.9.9'], 'a new run starts over');
});

test('a peer that accepts no connections is there without an address', () => {
  const roster = createRoster();
  assert.deepEqual(hear(roster, 1, at('10.0.0.7'), 0, { tcpPort: 0 })[0]?.addresses, []);
});

test('four identities per address, more on this machine; the longest unseen gives way', () => {
  const roster = createRoster();
  for (let n = 1; n <= 4; n += 1) hear(roster, n, at('10.0.0.7'), n);
  const changes = hear(roster, 5, at('10.0.0.7'), 5);
  assert.deepEqual(
    changes.map(({ peerId, state }) => [peerId, state]),
    [
      [idOf(1), 'offline'],
      [idOf(5), 'online'],
    ],
  );
  for (let n = 10; n < 60; n += 1) assert.equal(hear(roster, n, at('127.0.0.1', true), n).length, 1);
});

test('a full roster displaces a stranger of the address that holds most, never a contact', () => {
  const roster = createRoster({ rowsMax: 10 });
  roster.setContacts([idOf(1), idOf(2)]);
  hear(roster, 1, at('10.0.0.1'), 0);
  hear(roster, 2, at('10.0.0.66'), 0);
  for (let n = 10; n < 13; n += 1) hear(roster, n, at('10.0.0.66'), n);
  for (let n = 20; n < 25; n += 1) hear(roster, n, at(`10.0.1.${n}`), 1);
  assert.equal(roster.rows().length, 10);
  const [gone, came] = hear(roster, 30, at('10.0.2.1'), 100);
  assert.deepEqual([gone?.peerId, gone?.state, came?.peerId], [idOf(10), 'offline', idOf(30)]);
});

test('the roster stays bounded, keeps contacts, and its rows equal the sum of its changes', (t) => {
  const event = fc.record({
    n: fc.nat(40),
    host: fc.nat(12),
    kind: fc.constantFrom('announce', 'bye', 'answer', 'tick', 'foreign'),
    afterMs: fc.nat(6_000),
    boot: fc.nat(2),
  });
  holds(
    t,
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      const roster = createRoster({ rowsMax: 12 });
      roster.setContacts([idOf(0), idOf(1)]);
      const mirror = new Map<string, Presence>();
      const note = (changes: readonly Presence[]): void => {
        for (const row of changes) {
          if (row.state === 'offline') mirror.delete(row.peerId);
          else mirror.set(row.peerId, row);
        }
      };
      let nowMs = 0;
      for (const { n, host, kind, afterMs, boot } of events) {
        nowMs += afterMs;
        const had = [0, 1].filter((contact) => roster.rows().some((row) => row.peerId === idOf(contact)));
        if (kind === 'tick') note(roster.tick(clocks(nowMs)));
        else if (kind === 'foreign')
          note(
            roster.heardForeign(
              { username: `old${n}`, hasAddress: true },
              at(`10.0.0.${host}`),
              clocks(nowMs),
            ),
          );
        else
          note(hear(roster, n, at(`10.0.0.${host}`), nowMs, { kind, bootId: new Uint8Array(8).fill(boot) }));
        assert.ok(roster.rows().length <= 12);
        for (const contact of had) {
          if (kind === 'tick' || (kind === 'bye' && n === contact)) continue;
          assert.notEqual(roster.standingOf(idOf(contact)), 'unknown');
          assert.ok(roster.rows().some((row) => row.peerId === idOf(contact)));
        }
        const shown = roster.rows().map((row) => ({ ...row, lastSeenMs: 0 }));
        const told = [...mirror.values()].map((row) => ({ ...row, lastSeenMs: 0 }));
        assert.deepEqual(shown.toSorted(byId), told.toSorted(byId));
      }
    }),
    { numRuns: 300 },
  );
});

// Case N15: with 512 rows a network of 1,000 nodes was never complete.
test('a roster holds a network of 4,000 nodes', () => {
  const roster = createRoster();
  for (let n = 1; n <= 4_000; n += 1) hear(roster, n, at(`10.1.${n >> 8}.${n & 255}`), 0);
  assert.equal(roster.rows().length, 4_000);
});

// Case N18: announcements of cmp2204 are unsigned, and their sources can be forged.
test('announcements that nothing proves displace each other and no native peer', () => {
  const roster = createRoster({ rowsMax: 300 });
  for (let n = 1; n <= 40; n += 1) hear(roster, n, at(`10.1.0.${n}`), 0);
  for (let n = 0; n < 1_000; n += 1)
    roster.heardForeign(
      { username: `forged ${n}`, hasAddress: true },
      at(`10.2.${n >> 8}.${n & 255}`),
      clocks(1),
    );
  const rows = roster.rows();
  assert.equal(rows.filter(({ dialect }) => dialect === 'native').length, 40);
  assert.equal(rows.filter(({ dialect }) => dialect === 'cmp2204').length, 256);
  // A native newcomer to a full table takes the place of one of them.
  for (let n = 41; n <= 60; n += 1) hear(roster, n, at(`10.1.0.${n}`), 2);
  assert.equal(roster.rows().filter(({ dialect }) => dialect === 'native').length, 60);
});

// Case N1
test('a link-local IPv6 address of a peer ranks after its other addresses', () => {
  const roster = createRoster();
  hear(roster, 1, at('fe80::7%eth0'), 0);
  const [row] = hear(roster, 1, at('10.0.0.7'), 1, { seq: 2 });
  assert.deepEqual(
    row?.addresses.map(({ host }) => host),
    ['10.0.0.7', 'fe80::7%eth0'],
  );
  assert.deepEqual(hear(roster, 1, at('fe80::7%eth0'), 2, { seq: 3 }), [], 'no flicker');
});

// Case N1
test('one IPv6 network holds a quarter of the roster at most, however many addresses it uses', () => {
  const roster = createRoster();
  hear(roster, 1, at('10.0.0.7'), 0);
  for (let n = 2; n < limits.rowsPerNetworkMax + 100; n += 1)
    hear(roster, n, at(`fd00::${n.toString(16)}`), n);
  assert.equal(roster.rows().length, limits.rowsPerNetworkMax + 1);
  hear(roster, 5_000, at('fd00:0:0:1::1'), 5_000);
  assert.equal(roster.rows().length, limits.rowsPerNetworkMax + 2, 'another network has its own');
});
