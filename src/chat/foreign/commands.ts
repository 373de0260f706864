/**
 * What people ask of the node about older programs, and what these programs do at their start and end. Acts on the
 * node's state; called from the node's handlers only.
 */
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { NewLine } from '../delivery/entry.js';
import { isNativeId } from '../people/identity.js';
import { legacyPeerId } from '../people/name.js';
import { isBlocked } from '../people/book.js';
import { parsePrivate } from '../../dialects/cmp2204/cipher.js';
import type {
  DialectName,
  Encryption,
  ForeignDialectName as LegacyDialectName,
  Utterance,
} from '../../dialects/dialect.js';
import { synergyGreeting } from '../../dialects/synergy/peers.js';
import type { ChatError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import { listLegacyPeers } from './presence.js';
import { blockedFault, dropLines, reach, sayControl } from './sending.js';
import { allowed, allowedDialect, currentTalk, noRandom, sayFarewell, talkOptions } from './peers.js';
import { findPeer } from '../people/find.js';
import type { NodeContext, NodeState } from '../core.js';
import { formatAddress } from '../../wire/address.js';
import type { LegacyPeer, SendViaOptions } from '../contract.js';
import type { FindFault } from '../../actors/node/protocol.js';
import type { LegacyFault, LegacyRecord } from './state.js';

/** How texts go out. */
export interface Manner {
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  readonly privateNumber: bigint | null;
}

/**
 * How texts for a peer go out. Errors: for a peer of an older program `chat/secure-only`, `chat/dialect-off`,
 * `dialect/…` (a text or a private number that it cannot carry); `dialect/unsupported` for whoever knows no manners
 * where one was asked for.
 */
export function mannerOf(
  state: NodeState,
  peerId: PeerId,
  texts: readonly string[],
  via: SendViaOptions | null,
): Result<Manner, ChatError | DialectError> {
  if (isNativeId(peerId))
    return via === null
      ? ok({ dialect: 'native', encryption: 'noise', privateNumber: null })
      : err(noManners('native'));
  return allowed(state, peerId).andThen((record): Result<Manner, DialectError> => {
    const { name } = record.dialect;
    const { isPlain, privateNumber: typed } = via ?? {};
    const isAsked = isPlain !== undefined || typed !== undefined;
    if (isAsked && name !== 'cmp2204') return err(noManners(name));
    const secure = name === 'cmp2204' && isPlain !== true;
    const privateNumber = typed === undefined ? null : parsePrivate(typed);
    if (typed !== undefined && privateNumber === null)
      return err({ code: 'dialect/unsupported', dialect: name, what: `the private number ${typed}` });
    const chosen = { form: record.form, secure, privateNumber };
    const options = { ...talkOptions(state, name, record.host, chosen), random: noRandom };
    for (const text of texts) {
      const pieces = record.dialect.pieces(text, options);
      if (pieces.isErr()) return err(pieces.error);
    }
    return ok({ dialect: name, encryption: secure ? 'toy-dh-3des' : 'none', privateNumber });
  });
}

const noManners = (dialect: DialectName): DialectError => ({
  code: 'dialect/unsupported',
  dialect,
  what: 'a choice between plain and secure, or a private number',
});

/** What has to be remembered of lines on their way to the outbox. */
export function noteQueued(
  state: Pick<NodeState, 'legacy'>,
  lines: readonly Pick<NewLine, 'id'>[],
  privateNumber: bigint | null,
): void {
  if (privateNumber === null) return;
  for (const { id } of lines) state.legacy.privateNumbers.set(id, privateNumber);
}

/** Which of these are still not sent, and why. They are not said any more. */
export function giveUp(
  state: Pick<NodeState, 'legacy'>,
  { peerId, ids }: { readonly peerId: PeerId; readonly ids: readonly MessageId[] },
): { readonly ids: readonly MessageId[]; readonly reason: string } {
  const { timed, peers } = state.legacy;
  const left = ids.filter((id) => timed.has(id));
  const record = peers.get(peerId);
  dropLines(state, peerId, left);
  const where = record === undefined ? peerId : formatAddress(record);
  const why = record === undefined || record.lastFault === '' ? '' : ` (${record.lastFault})`;
  return { ids: left, reason: `${where} could not be reached${why}` };
}

/** Errors: `chat/secure-only`, `chat/dialect-off`. */
export const legacyPeersOf = (
  state: NodeState,
  dialect: LegacyDialectName,
): Result<readonly LegacyPeer[], ChatError> =>
  allowedDialect(state, dialect).map(() => listLegacyPeers(state, dialect));

/** See `NodeHandle.legacyConnect`. */
export function legacyConnect(
  state: NodeState,
  word: string,
  isManual: boolean,
  context: NodeContext,
): ResultAsync<null, FindFault | LegacyFault> {
  return findPeer(state, word, context).andThen((peerId) =>
    allowed(state, peerId).asyncAndThen((record): ResultAsync<null, FindFault | LegacyFault> => {
      const { can, name } = record.dialect;
      if (isBlocked(state.book, peerId)) return errAsync(blockedFault(state, peerId));
      if (name === 'cmp2204')
        return errAsync({
          code: 'dialect/unsupported',
          dialect: name,
          what: 'a connection without a message',
        });
      if (can.connection === 'message') return told(state, record, { type: 'connect' }, isManual, context);
      if (currentTalk(state, peerId) !== undefined) return okAsync(null);
      return new ResultAsync(
        new Promise((resolve) => {
          record.waiters = [...record.waiters, resolve];
          reach(state, record, null, context);
        }),
      );
    }),
  );
}

/** See `NodeHandle.legacyLeave`. */
export function legacyLeave(
  state: NodeState,
  dialect: LegacyDialectName,
  word: string | null,
  context: NodeContext,
): ResultAsync<null, FindFault | LegacyFault> {
  if (word === null)
    return allowedDialect(state, dialect).asyncAndThen(() => leaveAll(state, [dialect], context));
  return findPeer(state, word, context).andThen((peerId) =>
    allowed(state, peerId).asyncAndThen((record) => leave(state, record, context)),
  );
}

/** The node ends: everybody who would see us as there is told. What waits for a talk stays in its outbox. */
export function farewell(state: NodeState, context: NodeContext): ResultAsync<null, never> {
  const talks = [...state.legacy.talks.values()];
  for (const live of talks) live.waiting.length = 0;
  const left = leaveAll(state, [...state.args.legacy.enabled], context);
  // A farewell keeps its gap to the words before it, so it may be on its way for a moment.
  const ends = talks
    .filter(({ isLeaving }) => isLeaving)
    .map(({ enders }) => new Promise<void>((resolve) => enders.push(resolve)));
  return left.andThen(() => ResultAsync.fromSafePromise(Promise.all(ends).then(() => null)));
}

/** synergy greets its mandatory peers once, when it can be reached itself. Returns whom, as PEER words. */
export function takeGreetings(state: NodeState): {
  readonly peers: readonly string[];
  readonly text: string;
} {
  const isDue = !state.legacy.isGreeted && allowedDialect(state, 'synergy').isOk();
  state.legacy.isGreeted = true;
  const peers = isDue ? state.args.legacy.greet : [];
  return { peers: peers.map(({ host, port }) => `synergy://${host}:${port}`), text: synergyGreeting };
}

function leaveAll(
  state: NodeState,
  dialects: readonly LegacyDialectName[],
  context: NodeContext,
): ResultAsync<null, never> {
  const leaving = dialects
    .flatMap((dialect) => activeRecords(state, dialect))
    .map((record) => leave(state, record, context));
  // Whoever is out of reach learns nothing, and nobody waits for it.
  return ResultAsync.fromSafePromise(Promise.all(leaving).then(() => null));
}

/** Who is on the list of the dialect, and who is just being told something for the first time. */
function activeRecords(state: NodeState, dialect: LegacyDialectName): readonly LegacyRecord[] {
  const ids = new Set(
    listLegacyPeers(state, dialect).map(({ address, port }) => legacyPeerId(dialect, address, port)),
  );
  for (const record of state.legacy.peers.values())
    if (record.dialect.name === dialect && record.work !== null) ids.add(record.peerId);
  return [...ids].flatMap((peerId) => {
    const record = peerId === null ? null : allowed(state, peerId).unwrapOr(null);
    return record === null ? [] : [record];
  });
}

function leave(state: NodeState, record: LegacyRecord, context: NodeContext): ResultAsync<null, LegacyFault> {
  // Nothing goes to who is blocked; its talk ended then.
  if (isBlocked(state.book, record.peerId)) return okAsync(null);
  if (record.dialect.can.connection === 'message')
    return record.dialect.name === 'cmp2204'
      ? okAsync(null)
      : told(state, record, { type: 'leave', words: null }, false, context);
  const live = currentTalk(state, record.peerId);
  if (live !== undefined) sayFarewell(state, live);
  return okAsync(null);
}

function told(
  state: NodeState,
  record: LegacyRecord,
  utterance: Utterance,
  isManual: boolean,
  context: NodeContext,
): ResultAsync<null, LegacyFault> {
  return new ResultAsync(
    new Promise((settle) => sayControl(state, record, { utterance, isManual, settle }, context)),
  );
}
