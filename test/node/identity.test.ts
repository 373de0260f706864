/** One identity: its certificates only grow newer, it is not a peer of itself, and there is one of it. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome } from '../../src/home/home.js';
import { loadIdentity, renewStaticKey } from '../../src/home/identity-file.js';
import { nextIdentityHash, verifyCertificate } from '../../src/session/certificate.js';
import { session as limits } from '../../src/session/limits.js';
import { deliver, failure, liveNode, must, peer, status, untilMet } from '../support/live-node.js';
import { temporaryHome } from '../support/program.js';
import { readIdentity, writeSerial } from '../support/stored-identity.js';
import { freeUdpPort } from '../support/free-port.js';

test('a static key older than the one that was certified last is refused', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const home = temporaryHome(context);
  const bob = await liveNode(context, { name: 'bob', beaconPort, home });
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'before');
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  writeSerial(home, readIdentity(home).staticSerial - 1_000);
  await liveNode(context, { name: 'bob', beaconPort, home });
  const { id } = await must(alice.handle.send('bob', 'not with an old key'));
  await alice.untilLogged('session-failed', ({ code }) => code === 'session/serial-rollback');
  assert.equal(
    alice.events.some((event) => status(id, 'sent')(event) !== undefined),
    false,
  );
});

// Case H11. Fault D16
test('a copied home is reported on both sides and to the sender, and both are reachable', async (context) => {
  const beaconPort = await freeUdpPort();
  const home = temporaryHome(context);
  const first = await liveNode(context, { name: 'bob', beaconPort, home });
  const copy = temporaryHome(context);
  writeFileSync(join(copy, 'identity.json'), readFileSync(join(home, 'identity.json')), { mode: 0o600 });
  const second = await liveNode(context, { name: 'bob', beaconPort, home: copy });
  await Promise.all([first, second].map((one) => one.until(failure('node/twin'), 'the other is noticed')));
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  await alice.until(peer(first.id, 'online'), 'bob is there');
  await deliver(alice, 'bob', 'to one of you');
  assert.deepEqual([...first.heard(), ...second.heard()], ['to one of you']);
  await alice.until(failure('session/two-copies'), 'the sender is told');
  const row = (await must(alice.handle.peers())).find(({ id }) => id === first.id);
  assert.match(row?.warning ?? '', /^two copies run/);
  for (const copy of [first, second]) {
    await deliver(copy, 'alice', `this is ${copy.port}`);
    await deliver(alice, 'bob', `to ${copy.port}`);
    assert.equal(copy.heard().at(-1), `to ${copy.port}`, 'who was heard last gets it');
  }
});

test('the key of the next identity lies in a private file, which may be moved away', (context) => {
  const directory = temporaryHome(context);
  const home = openHome(directory)._unsafeUnwrap();
  context.after(() => home.release());
  const load = () => loadIdentity(home, Date.now())._unsafeUnwrap().local.next;
  const next = load();
  assert.equal(next?.length, 32);
  const file = join(directory, 'identity-next');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const key = createPrivateKey({
    key: Buffer.from(readFileSync(file, 'utf8'), 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  assert.deepEqual(next, nextIdentityHash(raw));
  rmSync(file);
  assert.deepEqual(load(), next, 'what is announced stays');
  assert.equal(existsSync(file), false, 'and no other key is made');

  // A home of 1.0.0 has neither; a file that is there is not replaced.
  const other = openHome(temporaryHome(context))._unsafeUnwrap();
  context.after(() => other.release());
  writeFileSync(other.nextIdentityFile, 'not a key', { mode: 0o600 });
  assert.equal(loadIdentity(other, Date.now())._unsafeUnwrapErr().code, 'home/bad-identity');
});

test('a flipped bit in the identity file never makes another identity of it', async (context) => {
  const directory = temporaryHome(context);
  const opened = openHome(directory);
  assert.ok(opened.isOk());
  context.after(() => opened.value.release());
  const made = loadIdentity(opened.value, Date.now());
  assert.ok(made.isOk());
  const file = join(directory, 'identity.json');
  const whole = readFileSync(file);
  writeFileSync(join(directory, 'history.db'), '');
  let refused = 0;
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(file, damaged);
    const loaded = loadIdentity(opened.value, Date.now());
    if (loaded.isErr()) refused += 1;
    else assert.equal(loaded.value.peerId, made.value.peerId, `bit ${bit}`);
    assert.deepEqual(readFileSync(file), damaged, 'the file stays as it is');
  }
  // Only a blank between two fields that became another blank may pass.
  assert.ok(refused > whole.length * 8 * 0.95, `${refused}`);
});

// Case N17
test('a year-old static key is replaced in a running home, and identity and run stay', (context) => {
  const opened = openHome(temporaryHome(context));
  assert.ok(opened.isOk());
  context.after(() => opened.value.release());
  const madeMs = limits.clockSetFromMs + 1;
  const first = loadIdentity(opened.value, madeMs)._unsafeUnwrap();
  const renew = (atMs: number) => renewStaticKey(opened.value, first, atMs)._unsafeUnwrap();
  assert.deepEqual(renew(madeMs + limits.staticKeyAgeMaxMs - 1).local.staticPublic, first.local.staticPublic);
  const atMs = madeMs + limits.staticKeyAgeMaxMs;
  const second = renew(atMs);
  assert.equal(second.peerId, first.peerId);
  assert.deepEqual(second.local.bootId, first.local.bootId);
  assert.equal(second.certificateSerial, atMs);
  assert.notDeepEqual(second.local.staticPublic, first.local.staticPublic);
  const isValid = ({ local }: typeof first, wallMs: number): boolean =>
    verifyCertificate(local.certificate, local.staticPublic, wallMs).isOk();
  assert.ok(isValid(first, madeMs + limits.certificateValidMs));
  assert.ok(!isValid(first, madeMs + limits.certificateValidMs + 1));
  assert.ok(isValid(second, madeMs + limits.certificateValidMs + 1));
  assert.equal(loadIdentity(opened.value, atMs)._unsafeUnwrap().certificateSerial, atMs, 'on disk');
});

// Case N17
test('a key made by a clock that was never set has no end, and is replaced once the clock is set', (context) => {
  const opened = openHome(temporaryHome(context));
  assert.ok(opened.isOk());
  context.after(() => opened.value.release());
  const first = loadIdentity(opened.value, 86_400_000)._unsafeUnwrap();
  const nowMs = limits.clockSetFromMs * 2;
  const { certificate, staticPublic } = first.local;
  assert.ok(verifyCertificate(certificate, staticPublic, nowMs).isOk());
  const second = renewStaticKey(opened.value, first, nowMs)._unsafeUnwrap();
  assert.equal(second.certificateSerial, nowMs);
});

// Case N17
test('a running home whose identity file was exchanged keeps its key and says why', (context) => {
  const directory = temporaryHome(context);
  const [opened, other] = [openHome(directory), openHome(temporaryHome(context))];
  assert.ok(opened.isOk() && other.isOk());
  context.after(() => (opened.value.release(), other.value.release()));
  const vault = loadIdentity(opened.value, Date.now())._unsafeUnwrap();
  loadIdentity(other.value, Date.now())._unsafeUnwrap();
  const inAYearMs = Date.now() + limits.staticKeyAgeMaxMs;
  copyFileSync(other.value.identityFile, opened.value.identityFile);
  const before = readFileSync(opened.value.identityFile);
  assert.equal(renewStaticKey(opened.value, vault, inAYearMs)._unsafeUnwrapErr().code, 'home/bad-identity');
  assert.deepEqual(readFileSync(opened.value.identityFile), before);
  rmSync(opened.value.identityFile);
  assert.equal(renewStaticKey(opened.value, vault, inAYearMs)._unsafeUnwrapErr().code, 'home/bad-identity');
});
