/**
 * Handshake patterns as data (Noise, section 7). The two that Parlance speaks stand here; the engine runs any other.
 */
import type { SymmetricState } from './cipher.js';

/** A token of a message pattern (Noise, section 7; `e1` and `ekem1` of the hybrid extension). */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk' | 'e1' | 'ekem1';

/**
 * A token of an extension, with its state between messages. `read` gets its bytes from `take`, which returns `null`
 * where they are missing, and returns `false` to refuse the message.
 */
export interface TokenExtension {
  write(symmetric: SymmetricState, random: (bytes: number) => Uint8Array): Uint8Array;
  read(symmetric: SymmetricState, take: (bytes: number) => Uint8Array | null): boolean;
}

/** A handshake pattern as data. */
export interface HandshakePattern {
  /** The name in a protocol name of Noise. */
  readonly name: string;
  /** Keys that the responder knows beforehand, in the order of the pattern. */
  readonly initiatorPremessage: readonly ('e' | 's')[];
  readonly responderPremessage: readonly ('e' | 's')[];
  /** Tokens of each message. The initiator writes the first one, then the sides alternate. */
  readonly messages: readonly (readonly (Token | TokenExtension)[])[];
}

/** The full handshake. Both sides learn the static key of the other. Secrecy holds if X25519 or ML-KEM holds. */
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

/** The resume. Both sides know the static key of the other, and a secret of the previous session. */
export const kkResume: HandshakePattern = {
  name: 'KKpsk0',
  initiatorPremessage: ['s'],
  responderPremessage: ['s'],
  messages: [
    ['psk', 'e', 'es', 'ss'],
    ['e', 'ee', 'se'],
  ],
};
