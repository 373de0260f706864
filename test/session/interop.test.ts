/** Live handshakes with two implementations of other people, in both roles. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { chaChaPoly, sha256 } from '../../src/session/noise/cipher.js';
import { generateDhKeyPair } from '../../src/session/noise/dh.js';
import { NoiseHandshake, type Role } from '../../src/session/noise/handshake.js';
import { dhKeyPairFromPrivate } from '../support/dh-key.js';
import type { Request } from '../support/noise-c-peer.js';
import { parsePattern } from '../support/noise-patterns.js';
import { transportCiphers } from '../support/noise-suites.js';
import { anyBytes } from '../support/seeds.js';
import { fromHex, hexOf } from '../support/vectors.js';

const nothing = new Uint8Array(0);
const prologue = Uint8Array.from(Buffer.from('a prologue'));

const engine = (
  pattern: string,
  role: Role,
  localStatic: ReturnType<typeof generateDhKeyPair> | null,
  remoteStatic: Uint8Array | null,
) =>
  new NoiseHandshake({
    pattern: parsePattern(pattern),
    suite: { aead: chaChaPoly, hash: sha256, kem: null, keyAgreement: '25519' },
    role,
    prologue,
    localStatic,
    remoteStatic,
    psks: [],
    generateKeyPair: generateDhKeyPair,
    random: anyBytes,
  });

/** Asks the child, in step. */
async function ask(child: ChildProcess, request: Request): Promise<string> {
  const answered = once(child, 'message', { signal: AbortSignal.timeout(10_000) });
  child.send(request);
  const [answer] = (await answered) as [string];
  return answer;
}

test('noise-c and this engine understand each other in XX, IK, KK and NN, in both roles', async () => {
  const child = fork(join(import.meta.dirname, '../support/noise-c-peer.js'), {
    execArgv: [],
    // It prints an error that it found no URL to load itself from, which is expected.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    await once(child, 'message', { signal: AbortSignal.timeout(10_000) });
    for (const pattern of ['XX', 'IK', 'KK', 'NN'])
      for (const role of ['initiator', 'responder'] as const) {
        const ours = generateDhKeyPair();
        const theirSecret = anyBytes(32);
        const theirs = dhKeyPairFromPrivate(theirSecret);
        const knowsRemote = (who: Role) => pattern === 'KK' || (pattern === 'IK' && who === 'initiator');
        const needsStatic = pattern !== 'NN';
        const other: Role = role === 'initiator' ? 'responder' : 'initiator';
        const noise = engine(
          pattern,
          role,
          needsStatic ? ours : null,
          knowsRemote(role) ? theirs.publicKey : null,
        );
        await ask(child, {
          do: 'open',
          protocol: `Noise_${pattern}_25519_ChaChaPoly_SHA256`,
          isInitiator: other === 'initiator',
          prologue: hexOf(prologue),
          staticPrivate: needsStatic ? hexOf(theirSecret) : null,
          remoteStatic: knowsRemote(other) ? hexOf(ours.publicKey) : null,
        });
        while (!noise.isFinished) {
          const payload = anyBytes(20);
          if (noise.isMyTurn) {
            const message = hexOf(noise.write(payload)._unsafeUnwrap());
            assert.equal(await ask(child, { do: 'read', hex: message }), hexOf(payload));
          } else {
            const message = await ask(child, { do: 'write', hex: hexOf(payload) });
            assert.equal(hexOf(noise.read(fromHex(message))._unsafeUnwrap()), hexOf(payload));
          }
        }
        const outcome = noise.finish();
        assert.equal(await ask(child, { do: 'split' }), hexOf(outcome.transcriptHash), pattern);
        const ciphers = transportCiphers(outcome, chaChaPoly);
        for (const length of [0, 5, 3_000]) {
          const words = anyBytes(length);
          const sealed = hexOf(ciphers.send.encrypt(nothing, words));
          assert.equal(await ask(child, { do: 'decrypt', hex: sealed }), hexOf(words));
          const answer = await ask(child, { do: 'encrypt', hex: hexOf(words) });
          assert.equal(hexOf(ciphers.receive.decrypt(nothing, fromHex(answer)) ?? nothing), hexOf(words));
        }
      }
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
});

interface Libp2pCipher {
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Sliceable;
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Sliceable;
}
/** A list of byte arrays there, or one. */
interface Sliceable {
  subarray(): Uint8Array;
}
interface Libp2pHandshake {
  readonly ss: { readonly h: Sliceable; split(): readonly [Libp2pCipher, Libp2pCipher] };
  writeMessageA(payload: Uint8Array): Sliceable;
  writeMessageB(payload: Uint8Array): Sliceable;
  writeMessageC(payload: Uint8Array): Sliceable;
  readMessageA(message: unknown): Sliceable;
  readMessageB(message: unknown): Sliceable;
  readMessageC(message: unknown): Sliceable;
}
interface Libp2pProtocol {
  readonly XXHandshakeState: new (init: object) => Libp2pHandshake;
}

/** The Noise core is not among the exports of the package, so its files are asked for by path. */
const load = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(import.meta.dirname, '../../../node_modules', path)).href)) as T;

test('the Noise core of libp2p and this engine understand each other in XX, in both roles', async () => {
  const { XXHandshakeState } = await load<Libp2pProtocol>('@chainsafe/libp2p-noise/dist/src/protocol.js');
  const { wrapCrypto } = await load<{ wrapCrypto: (crypto: unknown) => unknown }>(
    '@chainsafe/libp2p-noise/dist/src/crypto.js',
  );
  const { pureJsCrypto } = await load<{ pureJsCrypto: { generateX25519KeyPair(): unknown } }>(
    '@chainsafe/libp2p-noise/dist/src/crypto/index.js',
  );
  const { Uint8ArrayList } = await load<{ Uint8ArrayList: new (bytes: Uint8Array) => unknown }>(
    'uint8arraylist/dist/src/index.js',
  );
  for (const role of ['initiator', 'responder'] as const) {
    const noise = engine('XX', role, generateDhKeyPair(), null);
    const other = new XXHandshakeState({
      crypto: wrapCrypto(pureJsCrypto),
      protocolName: 'Noise_XX_25519_ChaChaPoly_SHA256',
      initiator: role === 'responder',
      prologue,
      s: pureJsCrypto.generateX25519KeyPair(),
    });
    for (const step of ['A', 'B', 'C'] as const) {
      const payload = anyBytes(33);
      if (noise.isMyTurn) {
        const message = noise.write(payload)._unsafeUnwrap();
        const read = other[`readMessage${step}`](new Uint8ArrayList(message));
        assert.equal(hexOf(read.subarray()), hexOf(payload));
      } else {
        const message = other[`writeMessage${step}`](payload).subarray();
        assert.equal(hexOf(noise.read(message)._unsafeUnwrap()), hexOf(payload));
      }
    }
    const outcome = noise.finish();
    assert.equal(hexOf(other.ss.h.subarray()), hexOf(outcome.transcriptHash));
    const [first, second] = other.ss.split();
    const [send, receive] = role === 'responder' ? [first, second] : [second, first];
    const ciphers = transportCiphers(outcome, chaChaPoly);
    const words = anyBytes(100);
    assert.equal(
      hexOf(receive.decryptWithAd(nothing, ciphers.send.encrypt(nothing, words)).subarray()),
      hexOf(words),
    );
    const answer = send.encryptWithAd(nothing, words).subarray();
    assert.equal(hexOf(ciphers.receive.decrypt(nothing, answer) ?? nothing), hexOf(words));
  }
});
