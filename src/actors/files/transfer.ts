/** Things that the two ends of a transfer share: the contract with the actor that holds them, and jobs in a row. */
import type { FileOffer, FileWords } from '../../dialects/files.js';
import type { PauseReason, TransferRecord, TransferRow } from '../../chat/files/record.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { TransferFolder } from './store.js';

/** The surroundings of one transfer. */
export interface TransferContext {
  readonly folder: TransferFolder;
  /** The home, whose disk keeps some space. */
  readonly home: string;
  /** The record as it is now. */
  record(): TransferRecord;
  /** Changes the record, and reports it once it is on disk. False: the disk did not take it. */
  change(fields: Partial<TransferRecord>): Promise<boolean>;
  /** Says words to the peer; they are lost where no session is up. */
  say(words: readonly FileWords[]): void;
  /** Something that a user sees has changed. */
  changed(): void;
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** A running transfer, as it is shown. */
export interface LiveView {
  readonly activity: 'receiving' | 'sending' | 'paused' | 'checking';
  readonly reason: PauseReason | null;
  readonly done: number;
  readonly rate: number;
  readonly etaSeconds: number | null;
}

/** Runs jobs one after the other. A failure is reported, and the next job runs. */
export class Row {
  #last: Promise<void> = Promise.resolve();
  #isOver = false;
  readonly #onFailure: (cause: unknown) => void;

  constructor(onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Runs a job. `onOver` is called once it has ended, failed, or was left out since the row has ended. */
  run(job: () => Promise<void>, onOver: () => void = nothing): void {
    this.#last = this.#last.catch(nothing).then(async () => {
      try {
        if (!this.#isOver) await job();
      } catch (cause) {
        this.#onFailure(cause);
      } finally {
        onOver();
      }
    });
  }

  /** Runs no further job. Settles once the present one has ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#last.catch(nothing);
  }
}

const nothing = (): void => undefined;

/** The requests of the table to its surroundings. */
export interface TableEvents {
  onRow(row: TransferRow): void;
  /** The peers with which a session is wanted have changed. */
  onWanted(peerIds: readonly PeerId[]): void;
  say(peerId: PeerId, words: readonly FileWords[]): void;
  isUp(peerId: PeerId): boolean;
  /** There may be something to do for the peer. */
  work(peerId: PeerId): void;
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** An offer of a peer. */
export interface Offered {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly offer: FileOffer;
  readonly isTrusted: boolean;
  readonly isVerified: boolean;
}
