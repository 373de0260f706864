/**
 * Read marks between this user and each peer. A mark is a state and not a message: the newest one counts, it waits on
 * disk until the peer has confirmed it, and a lost one is said again on the next session.
 *
 *   out   read … marked, owed ─► said on a session … confirmed ─► kept           in   heard … kept ─► published, confirmed
 */
import { directConversation, type MessageId, type PeerId } from '../ids.js';
import { unreachable } from '../exhaustive.js';
import { feature } from '../wire/features.js';
import type { ReceiptAnswer } from './delivery/effects.js';
import type { OwedMark } from './delivery/entry.js';
import { isoTime } from './delivery/transcript.js';
import type { CoreTurn, Parts } from './parts.js';
import { abilityOf } from './people/capabilities.js';
import type { PeerNote } from './routes/live-session.js';
import type { RouteReport } from './routes/route.js';
import { logLine, type Token } from './turn.js';

type Heard = Extract<PeerNote, { readonly type: 'read' }>;

/** Tells peers that their messages were read, and takes what they tell. */
export class ReceiptDesk {
  readonly #parts: Parts;
  /** Marks that peers do not know yet. */
  readonly #owed = new Map<PeerId, OwedMark>();
  /** Marks that were said and are not confirmed, by the id of the utterance; one of each peer. */
  readonly #said = new Map<MessageId, { readonly peerId: PeerId; readonly seq: number }>();
  /** Marks of peers that are being committed. */
  readonly #heard = new Map<Token, Heard>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  restore(owed: readonly (OwedMark & { readonly peerId: PeerId })[]): void {
    for (const { peerId, ...mark } of owed) this.#owed.set(peerId, mark);
  }

  /** The user has read messages of the peer. A peer that is here gets a session for the mark. */
  owe(peerId: PeerId, mark: OwedMark | null, turn: CoreTurn): void {
    if (mark === null) return;
    const { native, people } = this.#parts;
    this.#owed.set(peerId, mark);
    if (!this.#mayTell(peerId)) return;
    if (native.asides.isUp(peerId)) this.#tell(peerId, turn);
    else if (people.state(peerId) === 'online') native.carry({ type: 'open', peerId }, turn);
  }

  /** Returns whether marks go both ways between this user and a peer, as far as this home knows. */
  knownOf(peerId: PeerId): 'on' | 'off' | 'unable' | 'unknown' {
    const { people, privacy } = this.#parts;
    const ability = abilityOf(peerId, people.contact(peerId), feature.messageOperations);
    if (ability !== 'cannot' && !privacy.shares('receipts', peerId)) return 'off';
    return ability === 'can' ? 'on' : ability === 'cannot' ? 'unable' : 'unknown';
  }

  /** Notes new sessions, and what peers confirm on them. */
  reported(reports: readonly RouteReport[], turn: CoreTurn): void {
    for (const report of reports) {
      if (report.type === 'up') this.#tell(report.peerId, turn);
      if (report.type === 'confirmed' && this.#said.size > 0)
        for (const id of report.ids) this.#confirmed(id, report.peerId, turn);
    }
  }

  /** A peer tells that its user has read messages of this home. */
  heard(note: Heard, turn: CoreTurn): void {
    const { peerId, upTo, unread } = note;
    const { people, privacy } = this.#parts;
    // A mark that is not wanted is confirmed, or it would come with every session.
    if (!people.isTrusted(peerId) || !privacy.shares('receipts', peerId)) return this.#confirm(note, turn);
    const token = turn.newToken();
    this.#heard.set(token, note);
    const ask = { type: 'peer-read', peerId, upTo, unread, atMs: turn.now.wallMs } as const;
    turn.emit({ to: 'history', token, ask });
  }

  /** Takes an answer of the history. */
  answered(token: Token, stored: ReceiptAnswer, turn: CoreTurn): void {
    switch (stored.type) {
      case 'told':
        if (stored.result.isErr())
          turn.emit(logLine('error', 'read-mark-not-kept', { code: stored.result.error.code }));
        return;
      case 'peer-read': {
        const note = this.#heard.get(token);
        this.#heard.delete(token);
        if (note === undefined) return;
        if (stored.result.isErr()) {
          turn.emit(logLine('error', 'read-mark-not-kept', { code: stored.result.error.code }));
          return;
        }
        const read = stored.result.value;
        if (read?.isNews === true) this.#publish(note, read.seq, turn);
        this.#confirm(note, turn);
        return;
      }
      default:
        unreachable(stored);
    }
  }

  #publish({ peerId, upTo, unread }: Heard, seq: number, turn: CoreTurn): void {
    const peer = this.#parts.people.name(peerId);
    const conversation = directConversation(peerId);
    const at = isoTime(turn.now.wallMs);
    const except = unread.length === 0 ? {} : { except: [...unread] };
    const event = { type: 'read', peer, peerId, conversation, upTo, seq, at, ...except } as const;
    turn.emit({ to: 'feed', event });
  }

  #confirm({ peerId, id }: Heard, turn: CoreTurn): void {
    this.#parts.native.asides.say(peerId, { type: 'receipt', ids: [id] }, turn);
  }

  /** Says the mark that a peer is owed, if its program knows marks. */
  #tell(peerId: PeerId, turn: CoreTurn): void {
    const mark = this.#owed.get(peerId);
    if (mark === undefined || !this.#mayTell(peerId)) return;
    const { people, native } = this.#parts;
    if (((people.contact(peerId)?.features ?? 0) & feature.messageOperations) === 0) return;
    const id = turn.newMessageId();
    const operation = { kind: 'read', upTo: mark.upTo, unread: mark.unread ?? [] } as const;
    const sentAtMs = turn.now.wallMs;
    if (!native.asides.say(peerId, { type: 'operation', id, sentAtMs, operation }, turn)) return;
    for (const [earlier, said] of this.#said) if (said.peerId === peerId) this.#said.delete(earlier);
    this.#said.set(id, { peerId, seq: mark.seq });
  }

  #mayTell = (peerId: PeerId): boolean =>
    !this.#parts.native.statuses.isInvisible && this.#parts.privacy.shares('receipts', peerId);

  #confirmed(id: MessageId, peerId: PeerId, turn: CoreTurn): void {
    const said = this.#said.get(id);
    if (said?.peerId !== peerId) return;
    this.#said.delete(id);
    if ((this.#owed.get(peerId)?.seq ?? 0) <= said.seq) this.#owed.delete(peerId);
    turn.emit({ to: 'history', token: turn.newToken(), ask: { type: 'told', peerId, seq: said.seq } });
  }
}
