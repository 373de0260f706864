/**
 * All transfers of a home: their records, the ends that run, and what their peers say. Decisions are those of
 * `chat/files`; this table carries them out on disk.
 */
import { err, ok, type Result } from 'neverthrow';
import type { AcceptOptions, TransferAction } from '../../chat/contract.js';
import type { FileError } from '../../chat/errors.js';
import { stepsFor } from '../../chat/files/hearing.js';
import { times } from '../../chat/files/limits.js';
import {
  forgettable,
  isAcceptedUnasked,
  isExpired,
  isOver,
  isWithoutUse,
  isWordUrgent,
  mayAct,
  refusalOf,
  type TransferRecord,
  type TransferRow,
} from '../../chat/files/record.js';
import type { FileWords } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import { reasonOf } from '../../system-errors.js';
import { lastWord } from './last-word.js';
import { newRecord, rowOf } from './rows.js';
import { Incoming } from './incoming.js';
import { Outgoing } from './sending/outgoing.js';
import type { FilesArgs, OfferRequest, Prepared } from './protocol.js';
import { files as limits } from './limits.js';
import { offerOf } from './sending/offer.js';
import { refusalOfDirectory } from './space.js';
import { newHeld, type Held } from './held.js';
import { readRecords } from './store.js';
import type { Offered, TableEvents, TransferContext } from './transfer.js';
import { forget, removeLostSpools, removeRemains } from './upkeep.js';

/** The transfers of a home. */
export class TransferTable {
  readonly #args: FilesArgs;
  readonly #events: TableEvents;
  readonly #held = new Map<MessageId, Held>();
  #wanted = '';

  constructor(args: FilesArgs, events: TableEvents) {
    this.#args = args;
    this.#events = events;
  }

  /** Reads the records, and takes up the transfers that run. Throws errors of the system. */
  async load(): Promise<void> {
    const records = await readRecords(this.#args.folder, (folder) =>
      this.#events.log('transfer-unreadable', { folder }),
    );
    for (const record of records) this.#hold(record);
    for (const held of this.#held.values()) this.#start(held);
    await removeLostSpools(this.#args.folder, records, Date.now()).catch((cause: unknown) =>
      this.#events.log('spool-not-removed', { reason: reasonOf(cause) }),
    );
    this.tellWanted();
  }

  /** Removes what transfers that are over have left, once nobody can need it. */
  async sweep(): Promise<void> {
    for (const held of this.#held.values())
      if (held.live === null && isWithoutUse(held.record, Date.now())) await this.#clear(held);
  }

  async #clear(held: Held): Promise<void> {
    // Before the removal, so that no peer takes up what goes meanwhile.
    held.record = { ...held.record, hasRemains: false };
    try {
      await removeRemains(held.folder, held.record);
      await held.folder.save(held.record);
    } catch (cause) {
      held.record = { ...held.record, hasRemains: true };
      this.#events.log('remains-not-removed', { id: held.record.id, reason: reasonOf(cause) });
    }
  }

  rows = (): readonly TransferRow[] => [...this.#held.values()].map(rowOf);

  /** Whether something has to be looked at now and then. */
  get isBusy(): boolean {
    return [...this.#held.values()].some(({ live, record }) => live !== null || record.state === 'asked');
  }

  /** Reads sources and keeps a transfer of them. */
  async prepare(request: OfferRequest): Promise<Result<Prepared, FileError>> {
    const { id, peerId, wishes } = request;
    const known = this.#held.get(id);
    // A repeated request is answered as before.
    if (known?.record.peerId === peerId)
      return (await known.kept).map(() => ({ row: rowOf(known), offer: known.record.offer }));
    const offered = await offerOf(request, this.#args);
    if (offered.isErr()) return err(offered.error);
    const { offer, manifest, sources, notes, spool } = offered.value;
    const fields = { sources, notes, spool, rateMost: wishes.limit ?? null };
    const record = { ...newRecord({ id, peerId, offer }, 'out'), ...fields };
    const held = this.#hold(record);
    const kept = await this.#keep(held, manifest);
    return kept.map(() => ({ row: rowOf(held), offer }));
  }

  /** Takes the offer of a peer. */
  async offered({
    id,
    peerId,
    offer,
    isTrusted,
    isVerified,
  }: Offered): Promise<Result<TransferRow, FileError>> {
    const known = this.#held.get(id);
    if (known !== undefined) {
      if (known.record.peerId !== peerId) return err({ code: 'files/io', reason: 'the id is taken' });
      // A confirmed offer is never repeated, so it is confirmed once it is on disk.
      return (await known.kept).map(() => rowOf(known));
    }
    const records = [...this.#held.values()].map(({ record }) => record);
    const refusal = refusalOf(records, offer, { peerId, isTrusted });
    const asked = newRecord({ id, peerId, offer }, 'in');
    const record: TransferRecord =
      refusal === null
        ? { ...asked, keepsMode: isVerified }
        : { ...asked, state: 'declined', reason: refusal, isTold: false };
    const held = this.#hold(record);
    const kept = await this.#keep(held, null);
    if (kept.isErr()) return err(kept.error);
    this.#report(held);
    if (refusal !== null) {
      this.#tell(held);
      this.#forgetOld();
    } else if (isAcceptedUnasked(this.#args.policy, offer, { isTrusted, isVerified }))
      await this.#accept(held, this.#args.directory, {});
    return ok(rowOf(held));
  }

  /** Carries out a command of the user. */
  async act(
    word: string,
    action: TransferAction,
    directory: string | null,
    options: AcceptOptions = {},
  ): Promise<Result<TransferRow, FileError>> {
    const matching = [...this.#held.values()].filter(({ record }) => record.id.endsWith(word.toLowerCase()));
    const [held] = matching;
    if (held === undefined || matching.length > 1 || word.length < limits.idCharsMin)
      return err({ code: 'files/unknown-transfer', id: word });
    const { state } = held.record;
    // A repeated command finds its work done.
    const isDone = action === 'accept' && state === 'accepted' && held.record.direction === 'in';
    if (isDone) return ok(rowOf(held));
    if (!mayAct(held.record, action)) return err({ code: 'files/wrong-state', id: word, state, action });
    switch (action) {
      case 'accept':
        return this.#accept(held, directory ?? this.#args.directory, options);
      case 'decline':
        await this.#change(held, { state: 'declined', reason: 'cancelled', isTold: false });
        return ok(rowOf(held));
      case 'cancel':
        if (isOver(held.record)) await this.#clear(held);
        else await this.#change(held, { state: 'stopped', reason: 'cancelled', isTold: false });
        return ok(rowOf(held));
      case 'retry':
        await this.#retry(held);
        return ok(rowOf(held));
      default:
        return action satisfies never;
    }
  }

  /** Ends the transfers whose offers will never go out. */
  async unsent(ids: readonly string[]): Promise<void> {
    for (const { record } of this.#held.values())
      if (record.direction === 'out' && record.state === 'offered' && ids.includes(record.id))
        await this.act(record.id, 'cancel', null);
  }

  /** A session with the peer is up. */
  sessionUp(peerId: PeerId): void {
    for (const held of this.#of(peerId)) {
      if (!held.record.isTold) this.#tell(held);
      held.live?.sessionUp();
    }
    this.#events.work(peerId);
  }

  sessionDown(peerId: PeerId): void {
    for (const held of this.#of(peerId)) held.live?.sessionDown();
    this.tellWanted();
  }

  /** Takes words of a peer about one transfer. `taken` is called once they are dealt with. */
  heard(peerId: PeerId, words: FileWords, taken: () => void): void {
    const held = this.#held.get(words.id);
    if (held === undefined || held.record.peerId !== peerId) {
      // The peer goes on with what this side does not know, or waits until its end is known: it ends there.
      const reason = words.type === 'stop' ? 'known' : 'gone';
      const isAnswered = words.type !== 'stop' || words.reason !== 'known';
      if (isAnswered) this.#events.say(peerId, [{ type: 'stop', id: words.id, reason }]);
      return taken();
    }
    let kept = Promise.resolve(true);
    let isTaken = false;
    for (const step of stepsFor(held.record, words)) {
      if (step.type === 'change') kept = this.#change(held, step.fields);
      if (step.type === 'acknowledge') void kept.then((isKept) => (isKept ? this.#known(held) : undefined));
      if (step.type === 'tell') this.#tell(held);
      if (step.type === 'serve') isTaken = this.#serve(held, words, taken);
    }
    if (!isTaken) taken();
  }

  /** Hands a word to the end that runs. True: that end calls `taken`. */
  #serve({ live, record }: Held, words: FileWords, taken: () => void): boolean {
    if (live instanceof Incoming) {
      live.heard(words, taken);
      return true;
    }
    live?.asked(words);
    this.#events.work(record.peerId);
    return false;
  }

  /** Looks at the clock. */
  tick(nowMs: number): void {
    const wallMs = Date.now();
    for (const held of this.#held.values()) {
      if (isExpired(held.record, wallMs)) void this.#change(held, { state: 'expired', isTold: true });
      held.live?.tick(nowMs);
      // Its own rate may have held it up.
      if (held.live instanceof Outgoing && held.live.hasWork) this.#events.work(held.record.peerId);
      const isMoving = held.live !== null && held.live.view.activity !== 'paused';
      if ((isMoving || held.isReportDue) && nowMs - held.reportedAtMs >= times.reportEveryMs)
        this.#report(held);
    }
  }

  /** Tells which peers have to be reached, where that has changed. */
  tellWanted(isRepeated = false): void {
    const wanted = new Set<PeerId>();
    const wallMs = Date.now();
    for (const { record, live } of this.#held.values()) {
      const isWaiting = live instanceof Incoming ? live.needsPeer : live !== null;
      if ((isWaiting || isWordUrgent(record, wallMs)) && !this.#events.isUp(record.peerId))
        wanted.add(record.peerId);
    }
    const key = [...wanted].toSorted().join(' ');
    if (key === this.#wanted && !isRepeated) return;
    this.#wanted = key;
    this.#events.onWanted([...wanted]);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#held.values()].flatMap(({ live }) => (live === null ? [] : [live.end()])));
  }

  #hold(record: TransferRecord): Held {
    const held = newHeld(record, this.#args.folder);
    this.#held.set(record.id, held);
    return held;
  }

  /** Does the first writes of a transfer, which is forgotten where they fail. The record comes last: it makes them count. */
  #keep(held: Held, manifest: Uint8Array | null): Promise<Result<void, FileError>> {
    const write = async (): Promise<Result<void, FileError>> => {
      try {
        if (manifest !== null) await held.folder.keepManifest(manifest);
        await held.folder.save(held.record);
        return ok(undefined);
      } catch (cause) {
        this.#held.delete(held.record.id);
        await held.folder.remove().catch(() => undefined);
        return err({ code: 'files/io', reason: reasonOf(cause) });
      }
    };
    held.kept = write();
    return held.kept;
  }

  async #accept(
    held: Held,
    directory: string,
    { overwrite: replaces = false, keepMode: keepsMode = held.record.keepsMode }: AcceptOptions,
  ): Promise<Result<TransferRow, FileError>> {
    const refusal = await refusalOfDirectory(directory, held.record.offer.bytes, this.#args.home);
    if (refusal !== null) return err(refusal);
    const { id, state } = held.record;
    // The user or the peer may have ended it while the disk was asked.
    if (state !== 'asked') return err({ code: 'files/wrong-state', id, state, action: 'accept' });
    await this.#change(held, { state: 'accepted', directory, replaces, keepsMode });
    return ok(rowOf(held));
  }

  async #retry(held: Held): Promise<void> {
    if (held.live instanceof Incoming) held.live.resume();
    if (held.record.state === 'stopped')
      await this.#change(held, {
        state: 'accepted',
        reason: null,
        isTold: true,
        isEndedByPeer: false,
        hasRemains: true,
      });
    this.tellWanted(true);
  }

  /** Changes the record. The peer hears of the change once it is on disk. False: the disk did not take it. */
  async #change(held: Held, fields: Partial<TransferRecord>): Promise<boolean> {
    const before = held.record;
    let isKept = true;
    held.record = { ...before, ...fields, updatedAtMs: Date.now() };
    // At once, since the words of the peer that follow are for it.
    this.#start(held);
    try {
      await held.folder.save(held.record);
    } catch (cause) {
      // The old state comes back after a restart, and with it the same step.
      isKept = false;
      this.#events.log('transfer-not-kept', { id: before.id, reason: reasonOf(cause) });
    }
    if (held.record.state !== before.state) await this.#entered(held);
    this.#report(held);
    if (!held.record.isTold) this.#tell(held);
    this.tellWanted();
    return isKept;
  }

  /** Ends what runs, where nothing follows the new state. */
  async #entered(held: Held): Promise<void> {
    if (!isOver(held.record)) return;
    const { live } = held;
    held.live = null;
    // A row must not wait for its own end: `end` comes after the present job.
    const ended = live?.end().then(() => this.#left(held));
    if (!(live instanceof Incoming)) await ended;
    if (live === null) await this.#left(held);
    this.#forgetOld();
  }

  /** Nothing runs any more. The transfer may have been taken up again meanwhile. */
  async #left(held: Held): Promise<void> {
    if (held.live === null && isWithoutUse(held.record, Date.now())) await this.#clear(held);
  }

  #start(held: Held): void {
    if (held.record.state !== 'accepted' || held.live !== null) return;
    const context: TransferContext = {
      folder: held.folder,
      home: this.#args.home,
      record: () => held.record,
      change: (fields) => this.#change(held, fields),
      say: (words) => this.#events.say(held.record.peerId, words),
      changed: () => this.#report(held),
      log: (event, fields) => this.#events.log(event, fields),
    };
    const isUp = this.#events.isUp(held.record.peerId);
    if (held.record.direction === 'in') {
      const incoming = new Incoming(context);
      held.live = incoming;
      incoming.start();
    } else held.live = new Outgoing(context);
    if (isUp) held.live.sessionUp();
  }

  /** Acknowledges the end of a transfer. */
  #known({ record }: Held): void {
    this.#events.say(record.peerId, [{ type: 'stop', id: record.id, reason: 'known' }]);
  }

  /** Says the last word about a transfer, which is repeated in each session until the peer has acknowledged it. */
  #tell({ record }: Held): void {
    const words = lastWord(record);
    if (words !== null) this.#events.say(record.peerId, [words]);
  }

  #report(held: Held): void {
    held.reportedAtMs = performance.now();
    held.isReportDue = false;
    this.#events.onRow(rowOf(held));
  }

  /** Forgets the oldest transfers that are over. */
  #forgetOld(): void {
    for (const { id } of forgettable([...this.#held.values()].map(({ record }) => record))) {
      const held = this.#held.get(id);
      this.#held.delete(id);
      if (held !== undefined) void forget(held.folder, held.record).catch(() => undefined);
    }
  }

  #of = (peerId: PeerId): readonly Held[] =>
    [...this.#held.values()].filter(({ record }) => record.peerId === peerId);

  /** The sending ends that run over the session of a peer. */
  worksOf = (peerId: PeerId): readonly Outgoing[] =>
    this.#of(peerId).flatMap(({ live }) => (live instanceof Outgoing ? [live] : []));
}
