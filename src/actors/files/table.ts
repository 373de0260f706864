/**
 * All transfers of a home: their records, the ends that run, and what their peers say. Decisions are those of
 * `chat/files`; this table carries them out on disk.
 */
import { rm } from 'node:fs/promises';
import { err, ok, type Result } from 'neverthrow';
import type { TransferAction } from '../../chat/contract.js';
import type { FileError } from '../../chat/errors.js';
import { times } from '../../chat/files/limits.js';
import {
  forgettable,
  isAcceptedUnasked,
  isExpired,
  isOver,
  mayAct,
  refusalOf,
  type TransferRecord,
  type TransferRow,
} from '../../chat/files/record.js';
import type { FileWords } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import { reasonOf } from '../../system-errors.js';
import { toHex } from '../../wire/bytes.js';
import { lastWord } from './last-word.js';
import { newRecord, rowOf } from './rows.js';
import { Incoming } from './incoming.js';
import { Outgoing } from './outgoing.js';
import type { FilesArgs, OfferRequest, Prepared } from './protocol.js';
import { files as limits } from './limits.js';
import { offerOf, ownSpool } from './offer.js';
import { refusalOfDirectory } from './space.js';
import { readRecords, TransferFolder } from './store.js';
import type { Offered, TableEvents, TransferContext } from './transfer.js';

/** One transfer. */
interface Held {
  record: TransferRecord;
  readonly folder: TransferFolder;
  /** The end that runs; null: none does. */
  live: Incoming | Outgoing | null;
  reportedAtMs: number;
  isReportDue: boolean;
}

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
    this.tellWanted();
  }

  rows = (): readonly TransferRow[] => [...this.#held.values()].map(rowOf);

  /** Whether something has to be looked at now and then. */
  get isBusy(): boolean {
    return [...this.#held.values()].some(({ live, record }) => live !== null || record.state === 'asked');
  }

  /** Reads sources and keeps a transfer of them. */
  async prepare({ id, peerId, paths, comment, spool }: OfferRequest): Promise<Result<Prepared, FileError>> {
    const known = this.#held.get(id);
    // A repeated request is answered as before.
    if (known?.record.peerId === peerId) return ok({ row: rowOf(known), offer: known.record.offer });
    const offered = await offerOf(paths, comment);
    if (offered.isErr()) return err(offered.error);
    const { offer, manifest, sources, notes } = offered.value;
    const fields = { sources, notes, spool: ownSpool(this.#args.folder, spool) };
    const record = { ...newRecord({ id, peerId, offer }, 'out'), ...fields };
    const held = this.#hold(record);
    return this.#kept(held, async () => {
      await held.folder.keepManifest(manifest);
      await held.folder.save(record);
      return { row: rowOf(held), offer };
    });
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
      return ok(rowOf(known));
    }
    const records = [...this.#held.values()].map(({ record }) => record);
    const refusal = refusalOf(records, offer, { peerId, isTrusted });
    const asked = newRecord({ id, peerId, offer }, 'in');
    const record: TransferRecord =
      refusal === null
        ? { ...asked, keepsMode: isVerified }
        : { ...asked, state: 'declined', reason: refusal, isTold: false };
    const held = this.#hold(record);
    const kept = await this.#kept(held, async () => {
      await held.folder.save(record);
      return rowOf(held);
    });
    if (kept.isErr()) return kept;
    this.#report(held);
    if (refusal !== null) {
      this.#tell(held);
      this.#forgetOld();
    } else if (isAcceptedUnasked(this.#args.policy, offer, { isTrusted, isVerified }))
      await this.#accept(held, this.#args.directory);
    return kept;
  }

  /** Carries out a command of the user. */
  async act(
    word: string,
    action: TransferAction,
    directory: string | null,
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
        return this.#accept(held, directory ?? this.#args.directory);
      case 'decline':
        await this.#change(held, { state: 'declined', reason: 'cancelled', isTold: false });
        return ok(rowOf(held));
      case 'cancel':
        await this.#change(held, { state: 'stopped', reason: 'cancelled', isTold: false });
        return ok(rowOf(held));
      case 'retry':
        await this.#retry(held);
        return ok(rowOf(held));
      default:
        return action satisfies never;
    }
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
      // The peer goes on with what this side does not know: it ends there.
      if (words.type !== 'stop') this.#events.say(peerId, [{ type: 'stop', id: words.id, reason: 'gone' }]);
      return taken();
    }
    if (held.record.direction === 'in') this.#heardFromSender(held, words, taken);
    else {
      this.#heardFromReceiver(held, words);
      taken();
    }
  }

  /** Looks at the clock. */
  tick(nowMs: number): void {
    const wallMs = Date.now();
    for (const held of this.#held.values()) {
      if (isExpired(held.record, wallMs)) void this.#change(held, { state: 'expired', isTold: true });
      held.live?.tick(nowMs);
      const isMoving = held.live !== null && held.live.view.activity !== 'paused';
      if ((isMoving || held.isReportDue) && nowMs - held.reportedAtMs >= times.reportEveryMs)
        this.#report(held);
    }
  }

  /** Tells which peers have to be reached, where that has changed. */
  tellWanted(isRepeated = false): void {
    const wanted = new Set<PeerId>();
    for (const { record, live } of this.#held.values()) {
      const isWaiting = live instanceof Incoming ? live.needsPeer : live !== null;
      if ((isWaiting || !record.isTold) && !this.#events.isUp(record.peerId)) wanted.add(record.peerId);
    }
    const key = [...wanted].toSorted().join(' ');
    if (key === this.#wanted && !isRepeated) return;
    this.#wanted = key;
    this.#events.onWanted([...wanted]);
  }

  async end(): Promise<void> {
    for (const { live } of this.#held.values())
      if (live instanceof Incoming) await live.end(false);
      else await live?.end();
  }

  #hold(record: TransferRecord): Held {
    const folder = new TransferFolder(this.#args.folder, record.id);
    const held: Held = {
      record,
      folder,
      live: null,
      reportedAtMs: Number.NEGATIVE_INFINITY,
      isReportDue: false,
    };
    this.#held.set(record.id, held);
    return held;
  }

  /** Does the first writes of a transfer, which is forgotten where they fail. */
  async #kept<T>(held: Held, write: () => Promise<T>): Promise<Result<T, FileError>> {
    try {
      return ok(await write());
    } catch (cause) {
      this.#held.delete(held.record.id);
      await held.folder.remove().catch(() => undefined);
      return err({ code: 'files/io', reason: reasonOf(cause) });
    }
  }

  async #accept(held: Held, directory: string): Promise<Result<TransferRow, FileError>> {
    const refusal = await refusalOfDirectory(directory, held.record.offer.bytes, this.#args.home);
    if (refusal !== null) return err(refusal);
    const { id, state } = held.record;
    // The user or the peer may have ended it while the disk was asked.
    if (state !== 'asked') return err({ code: 'files/wrong-state', id, state, action: 'accept' });
    await this.#change(held, { state: 'accepted', directory });
    return ok(rowOf(held));
  }

  async #retry(held: Held): Promise<void> {
    if (held.live instanceof Incoming) held.live.resume();
    if (held.record.state === 'stopped')
      await this.#change(held, { state: 'accepted', reason: null, isTold: true });
    this.tellWanted(true);
  }

  /** Changes the record. The peer hears of the change once it is on disk. */
  async #change(held: Held, fields: Partial<TransferRecord>): Promise<void> {
    const before = held.record;
    held.record = { ...before, ...fields, updatedAtMs: Date.now() };
    // At once, since the words of the peer that follow are for it.
    this.#start(held);
    try {
      await held.folder.save(held.record);
    } catch (cause) {
      // The old state comes back after a restart, and with it the same step.
      this.#events.log('transfer-not-kept', { id: before.id, reason: reasonOf(cause) });
    }
    if (held.record.state !== before.state) await this.#entered(held);
    this.#report(held);
    if (!held.record.isTold) this.#tell(held);
    this.tellWanted();
  }

  /** Ends what runs, where nothing follows the new state. */
  async #entered(held: Held): Promise<void> {
    const { state, direction, spool } = held.record;
    if (!isOver(held.record)) return;
    const { live } = held;
    held.live = null;
    // A row must not wait for its own end: `end` comes after the present job.
    if (live instanceof Incoming) void live.end(state === 'stopped' && held.record.reason === 'cancelled');
    else await live?.end();
    if (direction === 'out' && spool !== '') await rm(spool, { recursive: true, force: true });
    this.#forgetOld();
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

  #heardFromSender(held: Held, words: FileWords, taken: () => void): void {
    if (words.type === 'stop') {
      this.#stopped(held, words.reason);
      return taken();
    }
    if (held.live instanceof Incoming) held.live.heard(words, taken);
    else taken();
  }

  #heardFromReceiver(held: Held, words: FileWords): void {
    const { record } = held;
    if (words.type === 'stop') return this.#stopped(held, words.reason);
    if (isOver(record)) {
      // It does not know that the transfer is over, or asks whether this side knows.
      const isAgreed = words.type === 'stored' ? record.state === 'done' : words.type === 'consent';
      if (isAgreed) this.#known(held);
      else this.#tell(held);
      return;
    }
    switch (words.type) {
      case 'consent':
        if (words.answer === 'accept' && record.state === 'offered')
          void this.#change(held, { state: 'accepted' });
        if (words.answer === 'decline')
          void this.#change(held, { state: 'declined', reason: words.reason }).then(() => this.#known(held));
        break;
      case 'pull':
      case 'manifest':
        if (record.state === 'offered') void this.#change(held, { state: 'accepted' });
        if (held.live instanceof Outgoing) held.live.asked(words);
        this.#events.work(record.peerId);
        break;
      case 'stored':
        void this.#change(held, { state: 'done', root: toHex(words.root) }).then(() => this.#known(held));
        break;
      case 'data':
      case 'hash':
      case 'root':
        // Words of a sender.
        break;
      default:
        words satisfies never;
    }
  }

  /** The peer ended the transfer, or knows that it is over. */
  #stopped(held: Held, reason: Extract<FileWords, { type: 'stop' }>['reason']): void {
    const { record } = held;
    const isAcknowledgement = reason === 'known';
    // A peer that ended it, too, or does not know it any more, has nothing left to hear.
    if (isOver(record) && !record.isTold) void this.#change(held, { isTold: true });
    if (!isOver(record) && !isAcknowledgement) void this.#change(held, { state: 'stopped', reason });
    if (!isAcknowledgement) this.#known(held);
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
      const folder = this.#held.get(id)?.folder;
      this.#held.delete(id);
      void folder?.remove().catch(() => undefined);
    }
  }

  #of = (peerId: PeerId): readonly Held[] =>
    [...this.#held.values()].filter(({ record }) => record.peerId === peerId);

  /** The sending ends that run over the session of a peer. */
  worksOf = (peerId: PeerId): readonly Outgoing[] =>
    this.#of(peerId).flatMap(({ live }) => (live instanceof Outgoing ? [live] : []));
}
