/** The doctor on networks that are broken in one way each, and nodes on networks that hold announcements back. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Fields } from '../support/program.js';
import { labMissing, openLab, type Ended, type Impairment, type Lab } from './lab.js';

const missing = labMissing();
if (missing !== false) process.stdout.write(`NO LAB HERE, NOTHING WAS TESTED: ${missing}\n`);
const options = { skip: missing, timeout: 240_000 } as const;

const online =
  (name: string) =>
  (fields: Fields): boolean =>
    fields['type'] === 'peer' && fields['name'] === name && fields['state'] === 'online';
const badOf = ({ seen }: Ended): readonly string[] =>
  seen.filter(({ type, ok }) => type === 'finding' && ok === false).map(({ check }) => String(check));

/** Leaves IPv4 alone, so that one protocol has one way. */
async function openV4(context: TestContext): Promise<Lab> {
  const lab = await openLab(context, 'both');
  for (const host of [0, 1] as const) lab.ip(host, '-6', 'addr', 'flush', 'dev', 'net0');
  return lab;
}

/** Two nodes of which each is a contact of the other. */
async function openPair(context: TestContext) {
  const lab = await openV4(context);
  const [alice, bob] = await Promise.all([lab.node(0, 'alice'), lab.node(1, 'bob')]);
  await Promise.all([alice.until(online('bob'), 'sees bob'), bob.until(online('alice'), 'sees alice')]);
  assert.equal(await alice.run(['send', 'bob', 'hello', '--timeout', '60']), 0);
  assert.equal(await bob.run(['send', 'alice', 'hello', '--timeout', '60']), 0);
  return { lab, alice, bob };
}

/** Breaks the network between a pair: these checks fail then, and those of `fine` do not. */
async function finds(
  context: TestContext,
  impairment: Impairment,
  checks: readonly string[],
  fine: readonly string[] = [],
): Promise<void> {
  const { lab, alice } = await openPair(context);
  assert.deepEqual(badOf(await alice.lines(['doctor', 'bob'])), [], 'all is well before');
  lab.impair(impairment);
  // The session is closed, and what was heard before is too old to count.
  const { id } = (await alice.lines(['peers'])).seen.find(online('bob')) ?? {};
  await alice.run(['block', String(id)]);
  await alice.run(['peers', '--watch', '--timeout', '25']);
  await alice.run(['unblock', String(id)]);
  const doctor = await alice.lines(['doctor', String(id)]);
  const bad = badOf(doctor);
  context.diagnostic(`exit ${doctor.code}: ${bad.join(', ')}`);
  assert.equal(doctor.code, 4);
  for (const check of checks) assert.ok(bad.includes(check), JSON.stringify(doctor.seen));
  for (const check of fine) assert.ok(!bad.includes(check), JSON.stringify(doctor.seen));
}

test('doctor: TCP that is blocked is found, while UDP works', options, (context) =>
  finds(context, { block: ['tcp'] }, ['peer-tcp-out']),
);

test('doctor: UDP that is blocked is found, while TCP works', options, (context) =>
  finds(context, { block: ['udp'] }, ['heard', 'peer-udp-in'], ['peer-tcp-out']),
);

test('doctor: a peer of another subnet is found', options, async (context) => {
  const lab = await openV4(context);
  lab.ip(1, 'addr', 'flush', 'dev', 'net0');
  lab.ip(1, 'addr', 'add', '10.98.0.2/24', 'brd', '+', 'dev', 'net0');
  const [alice] = await Promise.all([lab.node(0, 'alice'), lab.node(1, 'bob')]);
  const doctor = await alice.lines(['doctor', '10.98.0.2:6001']);
  assert.equal(doctor.code, 4);
  assert.ok(badOf(doctor).includes('peer-network'), JSON.stringify(doctor.seen));
});

test('doctor: a machine without an interface is found', options, async (context) => {
  const lab = await openLab(context, 'both');
  lab.ip(0, 'link', 'set', 'net0', 'down');
  const alone = await lab.lines(0, ['doctor', '--timeout', '1']);
  assert.deepEqual([alone.code, badOf(alone)], [4, ['interfaces', 'heard']]);
});

test(
  'strangers find each other through firewalls that admit the documented ports',
  options,
  async (context) => {
    const lab = await openV4(context);
    lab.impair({ admit: { udp: [6_000, 6_009], tcp: [6_001, 6_001] } });
    const [alice, bob] = await Promise.all([lab.node(0, 'alice'), lab.node(1, 'bob')]);
    await Promise.all([alice.until(online('bob'), 'sees bob'), bob.until(online('alice'), 'sees alice')]);
  },
);

test('contacts stay online where broadcasts are held back', options, async (context) => {
  const { lab, alice, bob } = await openPair(context);
  lab.impair({ broadcast: false });
  await alice.run(['peers', '--watch', '--timeout', '20']);
  for (const [node, name] of [
    [alice, 'bob'],
    [bob, 'alice'],
  ] as const) {
    const { seen } = await node.lines(['peers', '--wait', name, '--timeout', '10']);
    assert.ok(seen.some(online(name)), name);
  }
});
