/**
 * One Noise handshake (revision 34, section 5.3): any pattern, any suite, bytes in and bytes out. An invalid message
 * ends it: every secret is wiped and every later call throws.
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../../exhaustive.js';
import type { SessionError } from '../errors.js';
import { wireV1 } from '../../wire/limits.js';
import { sessionV1 } from '../limits.js';
import { concat, copy } from '../../wire/bytes.js';
import { protocolName, SymmetricState, type Aead, type Hash } from './cipher.js';
import { dh, type DhKeyPair } from './dh.js';
import type { Kem, KemPrivateKey, Random } from './kem.js';
import type { HandshakePattern, Token, TokenExtension } from './patterns.js';

/** The side of a handshake. */
export type Role = 'initiator' | 'responder';

/** The algorithms of a protocol name. */
export interface Suite {
  readonly aead: Aead;
  readonly hash: Hash;
  /** `null` for patterns without `e1`. */
  readonly kem: Kem | null;
  /** Key agreement as it stands in the protocol name: "25519" or "25519+MLKEM768". */
  readonly keyAgreement: string;
}

/** Arguments of a handshake. Keys and psks stay the property of the caller. */
export interface NoiseOptions {
  readonly pattern: HandshakePattern;
  readonly suite: Suite;
  readonly role: Role;
  readonly prologue: Uint8Array;
  readonly localStatic: DhKeyPair | null;
  /** Static key of the other side, where the premessages of the pattern have it; else null. */
  readonly remoteStatic: Uint8Array | null;
  /** Pre-shared keys in the order of the `psk` tokens, 32 bytes each. */
  readonly psks: readonly Uint8Array[];
  /** Makes the ephemeral key. */
  readonly generateKeyPair: () => DhKeyPair;
  /** Randomness for the KEM. */
  readonly random: Random;
}

/**
 * The result of a finished handshake. Its keys belong to the caller, which wipes `chainingKey` after deriving from
 * it.
 */
export interface NoiseOutcome {
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly remoteStatic: Uint8Array | null;
}

/** The state of one handshake. */
export class NoiseHandshake {
  readonly #options: NoiseOptions;
  readonly #symmetric: SymmetricState;
  /** Whether the pattern has a psk: then every ephemeral key is mixed into the key, too (Noise, section 9.2). */
  readonly #hasPsk: boolean;
  #messageIndex = 0;
  #pskIndex = 0;
  #isDead = false;
  #ephemeral: DhKeyPair | null = null;
  #kemKey: KemPrivateKey | null = null;
  #remoteEphemeral: Uint8Array | null = null;
  #remoteStatic: Uint8Array | null;
  #remoteKemKey: Uint8Array | null = null;

  constructor(options: NoiseOptions) {
    const { pattern, suite } = options;
    this.#options = options;
    this.#hasPsk = pattern.messages.some((message) => message.includes('psk'));
    this.#remoteStatic = options.remoteStatic;
    const name = protocolName(pattern.name, suite.keyAgreement, suite.aead, suite.hash);
    this.#symmetric = new SymmetricState(suite.aead, suite.hash, name);
    this.#symmetric.mixHash(options.prologue);
    const [initiatorStatic, responderStatic] =
      options.role === 'initiator'
        ? [options.localStatic?.publicKey ?? null, options.remoteStatic]
        : [options.remoteStatic, options.localStatic?.publicKey ?? null];
    if (pattern.initiatorPremessage.includes('s')) this.#symmetric.mixHash(required(initiatorStatic));
    if (pattern.responderPremessage.includes('s')) this.#symmetric.mixHash(required(responderStatic));
  }

  get isFinished(): boolean {
    return this.#messageIndex === this.#options.pattern.messages.length;
  }

  /** Whether this side writes the next message. */
  get isMyTurn(): boolean {
    return !this.isFinished && (this.#messageIndex % 2 === 0) === (this.#options.role === 'initiator');
  }

  /** Known after the message with `s` was read. */
  get remoteStatic(): Uint8Array | null {
    return this.#remoteStatic;
  }

  /**
   * Writes the next message. Throws out of turn. Errors: `session/decrypt-failed` where the keys read before cannot
   * be used.
   */
  write(payload: Uint8Array): Result<Uint8Array, SessionError> {
    if (this.#isDead || !this.isMyTurn) throw new Error('not this side’s turn to write');
    const parts: Uint8Array[] = [];
    for (const token of this.#tokens()) {
      const part = typeof token === 'string' ? this.#writeToken(token) : this.#writeExtension(token);
      if (part === null) return this.#fail();
      parts.push(part);
    }
    parts.push(this.#symmetric.encryptAndHash(payload));
    this.#messageIndex += 1;
    return ok(concat(parts));
  }

  /**
   * Reads a message, and returns its payload. Errors: `session/decrypt-failed`, after which the handshake is
   * unusable.
   */
  read(message: Uint8Array): Result<Uint8Array, SessionError> {
    if (this.#isDead || this.isFinished || this.isMyTurn) throw new Error('not this side’s turn to read');
    if (message.length > wireV1.noiseMessageBytesMax) return this.#fail();
    let at = 0;
    const take = (bytes: number): Uint8Array | null => {
      if (message.length - at < bytes) return null;
      at += bytes;
      return message.subarray(at - bytes, at);
    };
    for (const token of this.#tokens()) {
      const isRead =
        typeof token === 'string' ? this.#readToken(token, take) : token.read(this.#symmetric, take);
      if (!isRead) return this.#fail();
    }
    const payload = this.#symmetric.decryptAndHash(message.subarray(at));
    if (payload === null) return this.#fail();
    this.#messageIndex += 1;
    return ok(payload);
  }

  /** Splits the keys and wipes the state. Call it once, after the last message. */
  finish(): NoiseOutcome {
    if (this.#isDead || !this.isFinished) throw new Error('the handshake is not finished');
    const { initiatorKey, responderKey } = this.#symmetric.split();
    const isInitiator = this.#options.role === 'initiator';
    const outcome: NoiseOutcome = {
      sendKey: isInitiator ? initiatorKey : responderKey,
      receiveKey: isInitiator ? responderKey : initiatorKey,
      chainingKey: this.#symmetric.chainingKey,
      transcriptHash: this.#symmetric.transcriptHash,
      remoteStatic: this.#remoteStatic,
    };
    this.wipe();
    return outcome;
  }

  /** Wipes every secret. Idempotent. */
  wipe(): void {
    this.#isDead = true;
    this.#symmetric.wipe();
    this.#kemKey?.wipe();
    this.#kemKey = null;
    this.#ephemeral = null;
  }

  #fail(): Result<never, SessionError> {
    this.wipe();
    return err({ code: 'session/decrypt-failed' });
  }

  #tokens(): readonly (Token | TokenExtension)[] {
    return this.#options.pattern.messages[this.#messageIndex] ?? [];
  }

  #writeExtension(token: TokenExtension): Uint8Array {
    return token.write(this.#symmetric, this.#options.random);
  }

  /** Writes one token. `null`: a key is unusable. Empty: the token adds nothing to the message. */
  #writeToken(token: Token): Uint8Array | null {
    switch (token) {
      case 'e': {
        this.#ephemeral = this.#options.generateKeyPair();
        const { publicKey } = this.#ephemeral;
        this.#mixEphemeral(publicKey);
        return publicKey;
      }
      case 's':
        return this.#symmetric.encryptAndHash(required(this.#options.localStatic).publicKey);
      case 'e1': {
        const made = required(this.#options.suite.kem).generate(this.#options.random);
        this.#kemKey = made.privateKey;
        return this.#symmetric.encryptAndHash(made.publicKey);
      }
      case 'ekem1': {
        const { kem } = this.#options.suite;
        const sealed = required(kem).encapsulate(required(this.#remoteKemKey), this.#options.random);
        if (sealed === null) return null;
        const part = this.#symmetric.encryptAndHash(sealed.ciphertext);
        this.#mixSecret(sealed.sharedSecret);
        return part;
      }
      case 'ee':
      case 'es':
      case 'se':
      case 'ss':
      case 'psk':
        return this.#mixAgreed(token) ? nothing : null;
      default:
        return unreachable(token);
    }
  }

  #readToken(token: Token, take: (bytes: number) => Uint8Array | null): boolean {
    switch (token) {
      case 'e': {
        const taken = take(sessionV1.keyBytes);
        if (taken === null) return false;
        const publicKey = copy(taken);
        this.#remoteEphemeral = publicKey;
        this.#mixEphemeral(publicKey);
        return true;
      }
      case 's':
        this.#remoteStatic = this.#takeSealed(take, sessionV1.keyBytes);
        return this.#remoteStatic !== null;
      case 'e1':
        this.#remoteKemKey = this.#takeSealed(take, required(this.#options.suite.kem).publicKeyBytes);
        return this.#remoteKemKey !== null;
      case 'ekem1': {
        const ciphertext = this.#takeSealed(take, required(this.#options.suite.kem).ciphertextBytes);
        const secret = ciphertext === null ? null : required(this.#kemKey).decapsulate(ciphertext);
        if (secret === null) return false;
        this.#mixSecret(secret);
        return true;
      }
      case 'ee':
      case 'es':
      case 'se':
      case 'ss':
      case 'psk':
        return this.#mixAgreed(token);
      default:
        return unreachable(token);
    }
  }

  /**
   * Mixes in a secret that both sides compute without sending anything. `false`: the key of the other side is of
   * small order.
   */
  #mixAgreed(token: 'ee' | 'es' | 'se' | 'ss' | 'psk'): boolean {
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(required(this.#options.psks[this.#pskIndex]));
      this.#pskIndex += 1;
      return true;
    }
    // The first letter names the initiator's key, the second the responder's.
    const isInitiator = this.#options.role === 'initiator';
    const mine = isInitiator ? token.charAt(0) : token.charAt(1);
    const theirs = isInitiator ? token.charAt(1) : token.charAt(0);
    const local = required(mine === 'e' ? this.#ephemeral : this.#options.localStatic);
    const secret = dh(
      local.privateKey,
      required(theirs === 'e' ? this.#remoteEphemeral : this.#remoteStatic),
    );
    if (secret === null) return false;
    this.#mixSecret(secret);
    return true;
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#hasPsk) this.#symmetric.mixKey(publicKey);
  }

  #mixSecret(secret: Uint8Array): void {
    this.#symmetric.mixKey(secret);
    secret.fill(0);
  }

  #takeSealed(take: (bytes: number) => Uint8Array | null, bytes: number): Uint8Array | null {
    const sealed = take(this.#symmetric.hasKey ? bytes + sessionV1.tagBytes : bytes);
    const opened = sealed === null ? null : this.#symmetric.decryptAndHash(sealed);
    // Copy: without a key the result is a view of memory that the connection owns.
    return opened === null ? null : copy(opened);
  }
}

const nothing = new Uint8Array(0);

/** Returns a key that the pattern needs. Throws where the caller did not pass one. */
function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new Error('the handshake pattern needs a key that is missing');
  return value;
}
