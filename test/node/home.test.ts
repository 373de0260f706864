/** The home: one node at a time, nobody else reads it, and an identity is never replaced silently. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeError } from '../../src/node/handle.js';
import { startNode } from '../../src/node/root.js';
import { deliver, liveNode, must, untilMet } from '../support/live-node.js';
import { runProgram, sceneOptions, temporaryHome } from '../support/program.js';
import { nobody } from './open-as-nobody.js';
import { freeUdpPort } from '../support/free-port.js';

/** Why a node does not start there. */
async function refused(home: string): Promise<NodeError> {
  const options = { bind: '127.0.0.1', port: 0, broadcast: [], beaconPorts: [await freeUdpPort()] };
  const started = await startNode({ home, name: 'alice', ...options });
  if (started.isErr()) return started.error;
  await started.value.close();
  return assert.fail('it started');
}

const reasonOf = (error: NodeError): string => ('reason' in error ? error.reason : '');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const isRoot = process.getuid?.() === 0;

// Fault D15
test('a home has one node at a time, the second one learns its pid, and kill -9 frees the home', async (context) => {
  const home = temporaryHome(context);
  const beaconPort = await freeUdpPort();
  const first = await liveNode(context, { name: 'alice', beaconPort, home });
  assert.deepEqual(await refused(home), { code: 'home/in-use', home, pid: process.pid });
  const startedMs = performance.now();
  const second = runProgram(context, ['serve', '--home', home, ...sceneOptions(beaconPort)], {}, 'inline');
  assert.equal(await second.exit(), 6);
  assert.match(second.stderr(), new RegExp(`\\b${process.pid}\\b`));
  context.diagnostic(`second process left after ${Math.round(performance.now() - startedMs)} ms`);
  await first.close();

  const serve = ['serve', '--json', '--home', home, ...sceneOptions(beaconPort)];
  const third = runProgram(context, serve, {}, 'inline');
  await third.until(({ type }) => type === 'ready');
  assert.deepEqual(await refused(home), { code: 'home/in-use', home, pid: third.child.pid });
  third.kill('SIGKILL');
  await third.exit();
  const fourth = await liveNode(context, { name: 'alice', beaconPort, home });
  assert.equal(fourth.id, first.id);
});

// Fault D12
test('every file of a home is private, whatever the umask', async (context) => {
  const before = process.umask(0);
  context.after(() => process.umask(before));
  const parent = temporaryHome(context);
  for (const mask of [0o000, 0o777]) {
    process.umask(mask);
    const home = join(parent, `under-${mask.toString(8)}`);
    const beaconPort = await freeUdpPort();
    const alice = await liveNode(context, { name: 'alice', beaconPort, home });
    const bob = await liveNode(context, {
      name: 'bob',
      beaconPort,
      home: join(parent, `bob-${mask.toString(8)}`),
    });
    await untilMet(alice, bob);
    await deliver(alice, 'bob', 'private');
    assert.equal(modeOf(home), '700');
    for (const name of readdirSync(home))
      assert.equal(modeOf(join(home, name)), '600', `${name} under ${mask}`);
    await Promise.all([alice.close(), bob.close()]);
  }
});

test('a missing, damaged or readable identity is refused and stays as it is', async (context) => {
  const home = temporaryHome(context);
  const file = join(home, 'identity.json');
  const alice = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort(), home });
  await alice.close();
  const whole = readFileSync(file, 'utf8');

  chmodSync(file, 0o640);
  const readable = await refused(home);
  assert.equal(readable.code, 'home/bad-identity');
  assert.match(reasonOf(readable), /chmod 600 /);
  chmodSync(file, 0o600);

  const { identityKey } = JSON.parse(whole) as { readonly identityKey: string };
  const flipped = identityKey.startsWith('M') ? `N${identityKey.slice(1)}` : `M${identityKey.slice(1)}`;
  const damages = [
    '',
    '{',
    whole.slice(0, -20),
    whole.replace(identityKey, ''),
    whole.replace(identityKey, flipped),
    'null',
  ];
  for (const damaged of damages) {
    writeFileSync(file, damaged);
    const { code } = await refused(home);
    assert.equal(code, 'home/bad-identity', JSON.stringify(damaged.slice(0, 80)));
    assert.equal(readFileSync(file, 'utf8'), damaged, 'never replaced');
  }

  rmSync(file);
  const missing = await refused(home);
  assert.equal(missing.code, 'home/bad-identity');
  assert.match(reasonOf(missing), /missing/);
  symlinkSync(join(home, 'nowhere'), file);
  assert.equal((await refused(home)).code, 'home/bad-identity', 'a link to nowhere is no new home');
  rmSync(file);

  writeFileSync(file, whole, { mode: 0o600 });
  const again = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort(), home });
  assert.equal(again.id, alice.id, 'a refusal has freed the home');
});

test('a damaged lock file is emptied, and locks as before', async (context) => {
  const home = temporaryHome(context);
  for (const damage of ['x'.repeat(8_192), 'SQLite format 3\0'.padEnd(4_096, '\u0001')]) {
    writeFileSync(join(home, 'lock.db'), damage);
    const alice = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort(), home });
    assert.equal((await refused(home)).code, 'home/in-use');
    await alice.close();
  }
});

test('a home that cannot be used is refused with the reason', async (context) => {
  const parent = temporaryHome(context);
  const file = join(parent, 'file');
  writeFileSync(file, 'x');
  assert.equal((await refused(file)).code, 'home/unusable');
  const below = await refused(join(file, 'home'));
  assert.equal(below.code, 'home/unusable');
  assert.match(reasonOf(below), /not a directory/);
  assert.equal((await refused(join(parent, 'n'.repeat(300)))).code, 'home/unusable');
});

// T1: passes in a clone that other users cannot enter. That the program ends with 78 then is in test/ui/places.
test(
  'a home of another user, and one that cannot be written to, are refused with the reason',
  { skip: !isRoot && 'needs root' },
  (context) => {
    const parent = temporaryHome(context);
    chmodSync(parent, 0o755);
    const foreign = join(parent, 'foreign');
    mkdirSync(foreign);
    const readOnly = join(parent, 'read-only');
    mkdirSync(readOnly);
    chownSync(readOnly, nobody, nobody);
    chmodSync(readOnly, 0o500);
    const own = join(parent, 'own');
    mkdirSync(own);
    chownSync(own, nobody, nobody);
    const script = join(import.meta.dirname, 'open-as-nobody.js');
    const homes = [foreign, readOnly, join(foreign, 'below'), own];
    const { stdout, stderr } = spawnSync(process.execPath, [script, ...homes], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(stderr, '');
    const reasons = JSON.parse(stdout) as readonly string[];
    const expected = [
      /^home\/unusable: .*another user/,
      /^home\/unusable: .*(permission denied|read-only|unable to open)/,
      /^home\/unusable: .*permission denied/,
      /^opened /,
    ];
    assert.equal(reasons.length, expected.length);
    for (const [n, reason] of expected.entries()) assert.match(reasons[n] ?? '', reason);
  },
);

test('a new home is made with all directories above it, and its node bears a clean name', async (context) => {
  const home = join(temporaryHome(context), 'a', 'b');
  const { handle } = await liveNode(context, {
    name: '  Al\u200bice ',
    beaconPort: await freeUdpPort(),
    home,
  });
  const self = await must(handle.self());
  assert.deepEqual([self.name, self.home, modeOf(home)], ['Alice', home, '700']);
});
