/** Failed sessions, in the log and as events. */
import type { PeerId } from '../../ids.js';
import type { SessionError } from '../../session/errors.js';
import { formatAddress } from '../../wire/address.js';
import { fromHex } from '../../wire/bytes.js';
import { peerIdOf } from '../people/identity.js';
import { foldCase } from '../people/name.js';
import type { People } from '../people/people.js';
import { logLine, type Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import { alarms as limits } from './limits.js';
import type { LiveSession } from './live-session.js';

type KeyChanged = Extract<SessionError, { readonly code: 'session/key-changed' }>;

/** Reports failed sessions, each alarm once in a while. */
export class Failures {
  readonly #people: People;
  /** Time of the alarm for each pair of expected and found key (monotonic, ms). */
  readonly #alarmedAtMs = new Map<string, number>();

  constructor(people: People) {
    this.#people = people;
  }

  /** Reports a failed session in the log, and a changed key also as an event. */
  report(live: LiveSession, error: SessionError, turn: Turn<NativeEffect>): void {
    const { address, direction, expected } = live;
    const fields = { code: error.code, address: formatAddress(address), direction };
    const isAbsent = expected !== null && error.code === 'session/key-changed';
    if (isAbsent && !this.#isAlarm(live, expected, error, turn))
      turn.emit(logLine('info', 'peer-not-there', { address: fields.address, peer: expected }));
    // A busy peer is normal. Any host can provoke the other failures, so each source has its ration.
    else if (error.code === 'session/busy') turn.emit(logLine('debug', 'session-failed', fields));
    else {
      const source = `${error.code} ${direction} ${expected ?? address.host}`;
      turn.emit(logLine('warn', 'session-failed', fields, { source, isRestLogged: true }));
      if (isAbsent) this.#alarm(expected, error, turn);
    }
  }

  /** Reports that large messages to a peer were lost on the way. */
  reportNarrow(peerId: PeerId, turn: Turn<NativeEffect>): void {
    const peer = this.#people.name(peerId);
    const message =
      `large messages to ${peer} did not get through, so they go out in small pieces now; ` +
      'the network between you may lose large packets: check its MTU';
    turn.emit(logLine('warn', 'path-narrow', { peer: peerId }));
    turn.emit({ to: 'feed', event: { type: 'error', code: 'session/narrow-path', message, peer } });
  }

  /**
   * Another key at a remembered address means that the peer is not there. Three cases are an alarm: the other key bears
   * the name of the peer, the address was only announced, or it was announced again after it was refuted.
   */
  #isAlarm(
    { address }: LiveSession,
    expected: PeerId,
    { got }: KeyChanged,
    turn: Turn<NativeEffect>,
  ): boolean {
    const people = this.#people;
    const at = formatAddress(address);
    const presence = people.presence(expected);
    const [announced] = presence?.state === 'online' ? presence.addresses : [];
    const isRemembered = people.contact(expected)?.address === at;
    const isClaimed = !isRemembered && announced !== undefined && formatAddress(announced) === at;
    const times = people.notAt(expected, address, turn);
    const name = people.saidName(expected);
    const other = people.saidName(peerIdOf(fromHex(got)));
    const isNamesake = name !== '' && foldCase(name) === foldCase(other);
    return isNamesake || isClaimed || times > 1;
  }

  #alarm(expected: PeerId, { code, got }: KeyChanged, turn: Turn<NativeEffect>): void {
    const pair = `${expected} ${got}`;
    const { monotonicMs: nowMs } = turn.now;
    if (nowMs - (this.#alarmedAtMs.get(pair) ?? Number.NEGATIVE_INFINITY) < limits.repeatAfterMs) return;
    const claimant = peerIdOf(fromHex(got));
    const isNamesake =
      foldCase(this.#people.saidName(claimant)) === foldCase(this.#people.saidName(expected));
    if (isNamesake && !this.#people.warnOnce(claimant, turn)) return;
    this.#alarmedAtMs.delete(pair);
    this.#alarmedAtMs.set(pair, nowMs);
    for (const oldest of this.#alarmedAtMs.keys()) {
      if (this.#alarmedAtMs.size <= limits.pairsMax) break;
      this.#alarmedAtMs.delete(oldest);
    }
    const peer = this.#people.name(expected);
    const message = `somebody with another key answers at the address of ${peer}; nothing was sent`;
    turn.emit({ to: 'feed', event: { type: 'error', code, message, peer } });
  }
}
