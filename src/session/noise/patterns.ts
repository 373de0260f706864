/**
 * Handshake patterns as data (Noise, section 7). The two that Parlance speaks stand here; the engine runs any other.
 */
import type { SymmetricState } from './cipher.js';

export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk' | 'e1' | 'ekem1';

/**
 * A token of some extension, with whatever it keeps between messages. `read` takes its bytes with `take`, which answers
 * `null` when they are not there, and answers `false` to refuse the message.
 */
export interface TokenExtension {
  write(symmetric: SymmetricState, random: (bytes: number) => Uint8Array): Uint8Array;
  read(symmetric: SymmetricState, take: (bytes: number) => Uint8Array | null): boolean;
}

export interface HandshakePattern {
  /** As it stands in a protocol name. */
  readonly name: string;
  /** What both sides know beforehand, in the order of the pattern. */
  readonly initiatorPremessage: readonly ('e' | 's')[];
  readonly responderPremessage: readonly ('e' | 's')[];
  /** The initiator writes the first, then they take turns. */
  readonly messages: readonly (readonly (Token | TokenExtension)[])[];
}

/** Full handshake: both learn each other's static key, secrecy holds if X25519 or ML-KEM does. */
export const xxHybrid: HandshakePattern = {
  name: 'XXhfs',
  initiatorPremessage: [],
  responderPremessage: [],
  messages: [
    ['e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se'],
  ],
};

/** Resume: both know each other's static key, and a secret of the session before. */
export const kkResume: HandshakePattern = {
  name: 'KKpsk0',
  initiatorPremessage: ['s'],
  responderPremessage: ['s'],
  messages: [
    ['psk', 'e', 'es', 'ss'],
    ['e', 'ee', 'se'],
  ],
};
