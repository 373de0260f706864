/** The choice of hosts that get an announcement of their own: silent contacts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentContacts as limits } from '../../src/chat/presence/limits.js';
import { agesOf, SilentContacts } from '../../src/chat/presence/silent-contacts.js';
import { scenePeer } from '../support/core-scene.js';

const silentMs = 16_000;
const [bob, carol] = [scenePeer(1), scenePeer(2)];
const proved = ({ peerId, host }: typeof bob) => ({ peerId, host });
const never = (): null => null;

/** The times (ms) in `untilMs` at which a host is asked, one round a second. */
function asked(
  it: SilentContacts,
  untilMs: number,
  age: (nowMs: number) => number | null,
): readonly number[] {
  const times: number[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 1_000)
    if (it.due(nowMs, () => age(nowMs)).length > 0) times.push(nowMs);
  return times;
}

test('a contact that was never heard is asked after three seconds, then ever more seldom', () => {
  const it = new SilentContacts(0, silentMs);
  it.setHosts([proved(bob)]);
  const times = asked(it, 3_600_000, never);
  assert.deepEqual(times.slice(0, 4), [3_000, 11_000, 27_000, 59_000]);
  assert.ok(times.length <= 17, `${times.length} times in an hour`);
  const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  assert.equal(Math.max(...pauses), limits.pauseMostMs);
});

test('a contact is not asked while its broadcasts arrive, and at once when it falls silent', () => {
  const it = new SilentContacts(0, silentMs);
  it.setHosts([proved(bob)]);
  assert.deepEqual(
    asked(it, 600_000, (nowMs) => nowMs % 8_800),
    [],
  );
  assert.deepEqual(
    it.due(700_000, () => silentMs),
    [bob.host],
  );
});

test('a contact that only replies is kept online: it is asked before it counts as away', () => {
  const it = new SilentContacts(0, silentMs);
  it.setHosts([proved(bob)]);
  let heardMs = 0;
  const times: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += 1_000) {
    if (it.due(nowMs, () => nowMs - heardMs).length === 0) continue;
    times.push(nowMs);
    heardMs = nowMs;
  }
  assert.deepEqual(times, [16_000, 32_000, 48_000, 64_000, 80_000, 96_000, 112_000]);
});

test('a round asks a bounded number of hosts, and those that wait come first', () => {
  const it = new SilentContacts(0, silentMs);
  const many = Array.from({ length: 100 }, (_, at) => ({ peerId: bob.peerId, host: `10.1.0.${at}` }));
  it.setHosts(many);
  const seen = new Set<string>();
  for (let nowMs = 3_000; nowMs < 16_000; nowMs += 1_000) {
    const hosts = it.due(nowMs, never);
    assert.ok(hosts.length <= limits.hostsPerRoundMax);
    for (const host of hosts) seen.add(host);
  }
  assert.equal(seen.size, 100);
});

test('the age of a peer is that of its row', () => {
  const row = { name: 'x', state: 'online', dialect: 'native', bootIdHex: '', lastSeenMs: 4_000 } as const;
  const age = agesOf((id) => (id === bob.peerId ? { ...row, peerId: id, addresses: [] } : null), 5_000);
  assert.deepEqual([age(bob.peerId), age(carol.peerId)], [1_000, null]);
});

test('a silent host that a service names again and again is asked ever more seldom all the same', () => {
  const it = new SilentContacts(0, silentMs);
  let count = 0;
  for (let nowMs = 0; nowMs <= 600_000; nowMs += 1_000) {
    it.named(bob.host);
    count += it.due(nowMs, never).length;
  }
  assert.ok(count <= 12, `${String(count)} times in ten minutes`);
});
