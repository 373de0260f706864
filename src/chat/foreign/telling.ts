/**
 * Sentences for the user about callers that were not served, or not understood. Any host can cause them, so each host is
 * named once in a while for each program and each kind of sentence.
 */
import type { ForeignDialectName } from '../../dialects/dialect.js';
import type { DialectError } from '../../dialects/errors.js';
import { foreignPorts } from '../../dialects/limits.js';
import { unreachable } from '../../exhaustive.js';
import type { PeerId } from '../../ids.js';
import type { Endpoint } from '../../wire/address.js';
import { foreignPeerId } from '../people/name.js';
import { foreignRoutes as limits } from './limits.js';
import type { ForeignConnection, ForeignState, ForeignTurn } from './state.js';

/**
 * Publishes that a caller lost its connection, or got none, because others needed the slots. Where its program shows a
 * sentence, its user reads one, too.
 */
export function tellCutOff(
  state: ForeignState,
  dialect: ForeignDialectName,
  caller: Endpoint,
  turn: ForeignTurn,
): void {
  const peerId = foreignPeerId(dialect, caller.host, usualPortOr(dialect, caller.port));
  const said = (who: string): string =>
    `${who} was cut off: more wanted to talk over ${dialect} than are served at once`;
  if (peerId !== null) tell(state, { notice: 'cut-off', dialect, peerId, host: caller.host, said }, turn);
}

/** Publishes that something came over a connection which cannot be read, and what the user can do. */
export function tellUnreadable(
  state: ForeignState,
  { dialect: { name: dialect, can }, direction, address: { host, port }, peerId: known }: ForeignConnection,
  error: DialectError,
  turn: ForeignTurn,
): void {
  // The answer to a message of ours is reported with that message.
  const isAnswer = direction === 'out' && can.connection === 'message';
  if (isAnswer && error.code !== 'dialect/unreadable') return;
  const peerId = known ?? foreignPeerId(dialect, host, usualPortOr(dialect, port));
  const said = (who: string): string => `${who} ${sentenceOf(dialect, error)}`;
  if (peerId !== null) tell(state, { notice: 'unreadable', dialect, peerId, host, said }, turn);
}

/**
 * Publishes that words came over the shared port in no form that an older program uses, or (`isOff`) in that of a program
 * which is switched off.
 */
export function tellUnheard(state: ForeignState, host: string, isOff: boolean, turn: ForeignTurn): void {
  const isAwaited = sharers.some((dialect) => state.args.enabled.has(dialect));
  const peerId = foreignPeerId('cmp2204', host, foreignPorts.cmp2204);
  if (!isAwaited || peerId === null || state.people.isBlocked(peerId)) return;
  if (!isDue(state, `unheard ${host}`, turn, limits.unheardToldEveryMs)) return;
  const message =
    `somebody at ${host} sent words ` +
    (isOff
      ? 'with an older program that is switched off here, so they are lost: start Parlance with --dialects all'
      : 'in a form that no older program uses, so they are lost: ask which program that is');
  turn.emit({ to: 'feed', event: { type: 'error', code: 'dialect/unknown-form', message } });
}

/** The dialects that are recognised on the shared port. */
const sharers = ['cmp2204', 'synergy', 'netech'] as const;

interface Telling {
  readonly notice: 'cut-off' | 'unreadable';
  readonly dialect: ForeignDialectName;
  readonly peerId: PeerId;
  readonly host: string;
  readonly said: (who: string) => string;
}

function tell(
  state: ForeignState,
  { notice, dialect, peerId, host, said }: Telling,
  turn: ForeignTurn,
): void {
  if (state.people.isBlocked(peerId) || !isDue(state, `${notice} ${dialect} ${host}`, turn)) return;
  const name = state.people.saidName(peerId);
  const text = said(name === '' ? `somebody at ${host}` : `${name} (${host})`);
  const peer = state.people.name(peerId);
  turn.emit({ to: 'feed', event: { type: 'notice', notice, peer, peerId, dialect, text } });
}

function isDue(
  { toldAtMs }: ForeignState,
  subject: string,
  { now: { monotonicMs } }: ForeignTurn,
  everyMs: number = limits.toldEveryMs,
): boolean {
  if (monotonicMs - (toldAtMs.get(subject) ?? -Infinity) < everyMs) return false;
  toldAtMs.delete(subject);
  toldAtMs.set(subject, monotonicMs);
  const [oldest] = toldAtMs.keys();
  if (toldAtMs.size > limits.toldMax && oldest !== undefined) toldAtMs.delete(oldest);
  return true;
}

function sentenceOf(dialect: ForeignDialectName, error: DialectError): string {
  const cannot = `sent a message over ${dialect} that cannot be read`;
  switch (error.code) {
    case 'dialect/unreadable':
      return (
        'sent an encrypted message that cannot be read: its numbers P and Q are not ours; ' +
        'start Parlance with the P and Q of that program, or let it send without encryption'
      );
    case 'dialect/malformed':
      return error.detail === 'closed within a message'
        ? `broke off in the middle of a message over ${dialect}, whose text is lost: ask for it again`
        : `${cannot} (${error.detail}): ask for it again`;
    case 'dialect/too-long':
      return `${cannot}, since it has more than ${error.limitBytes} bytes: ask for it in parts`;
    case 'dialect/unsupported':
      return `${cannot} (${error.what}): ask for it again`;
    case 'dialect/bad-option':
      return `${cannot}: ask for it again`;
    default:
      return unreachable(error);
  }
}

const usualPortOr = (dialect: ForeignDialectName, port: number): number =>
  dialect === 'synergy' || dialect === 'netech' ? port : foreignPorts[dialect];
