/**
 * The other end of a live Noise handshake: noise-c, compiled to WebAssembly. A process of its own, driven by messages,
 * since a fault in there ends the process it is in.
 */
import { createRequire } from 'node:module';

export type Request =
  | {
      readonly do: 'open';
      readonly protocol: string;
      readonly isInitiator: boolean;
      readonly prologue: string;
      readonly staticPrivate: string | null;
      readonly remoteStatic: string | null;
    }
  | { readonly do: 'write' | 'read' | 'encrypt' | 'decrypt'; readonly hex: string }
  | { readonly do: 'split' };

interface Cipher {
  EncryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  DecryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}
interface Handshake {
  Initialize(prologue: Uint8Array, s: Uint8Array | null, rs: Uint8Array | null, psk: Uint8Array | null): void;
  WriteMessage(payload: Uint8Array): Uint8Array;
  ReadMessage(message: Uint8Array, isPayloadNeeded: boolean): Uint8Array;
  GetHandshakeHash(): Uint8Array;
  Split(): readonly [Cipher, Cipher];
}
interface NoiseC {
  readonly constants: { readonly NOISE_ROLE_INITIATOR: number; readonly NOISE_ROLE_RESPONDER: number };
  readonly HandshakeState: new (protocol: string, role: number) => Handshake;
}

const create = createRequire(import.meta.url)('noise-c.wasm') as (ready: (lib: NoiseC) => void) => void;
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const nothing = new Uint8Array(0);

create((lib) => {
  let handshake: Handshake | null = null;
  let ciphers: readonly [Cipher, Cipher] | null = null;
  const answer = (request: Request): string => {
    if (request.do === 'open') {
      const { NOISE_ROLE_INITIATOR, NOISE_ROLE_RESPONDER } = lib.constants;
      handshake = new lib.HandshakeState(
        request.protocol,
        request.isInitiator ? NOISE_ROLE_INITIATOR : NOISE_ROLE_RESPONDER,
      );
      handshake.Initialize(
        bytes(request.prologue),
        request.staticPrivate === null ? null : bytes(request.staticPrivate),
        request.remoteStatic === null ? null : bytes(request.remoteStatic),
        null,
      );
      return '';
    }
    if (handshake === null) throw new Error('not open');
    if (request.do === 'split') {
      const transcriptHash = hex(handshake.GetHandshakeHash());
      ciphers = handshake.Split();
      return transcriptHash;
    }
    const value = bytes(request.hex);
    if (request.do === 'write') return hex(handshake.WriteMessage(value));
    if (request.do === 'read') return hex(handshake.ReadMessage(value, true));
    if (ciphers === null) throw new Error('not split');
    return request.do === 'encrypt'
      ? hex(ciphers[0].EncryptWithAd(nothing, value))
      : hex(ciphers[1].DecryptWithAd(nothing, value));
  };
  process.on('message', (request: Request) => {
    process.send?.(answer(request));
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
});
