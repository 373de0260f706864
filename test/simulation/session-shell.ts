/**
 * The actor of one native session, in memory: does what `src/actors/connection/session.ts` does, with messages to and
 * from the node that take virtual time. One message is handled at a time; a question to the node holds up the rest.
 */
import type { Utterance } from '../../src/dialects/dialect.js';
import { connection as limits } from '../../src/actors/connection/limits.js';
import { Pieces, piecesOf } from '../../src/actors/connection/pieces.js';
import type { SessionEnd, SessionUp } from '../../src/chat/routes/live-session.js';
import { unreachable } from '../../src/exhaustive.js';
import type { MessageId } from '../../src/ids.js';
import type {
  CloseReason,
  PeerProof,
  Resumption,
  Session,
  SessionOutput,
} from '../../src/session/contract.js';
import type { SessionError } from '../../src/session/errors.js';
import { copyResumption } from '../../src/session/tickets.js';
import { Lane, type VirtualClock } from './clock.js';
import type { ConnectionEnd } from './network.js';

/** Reports and requests of the session to its node. Each message takes its time, in order. */
export interface SessionNode {
  findTicket(ticketId: Uint8Array, answer: (found: Resumption | null) => void): void;
  judgePeer(peer: PeerProof, answer: (refusal: SessionError | null) => void): void;
  resumable(resumption: Resumption): void;
  up(up: Omit<SessionUp, 'sessionId'>): void;
  answered(): void;
  said(utterances: readonly Utterance[], answer: (receipts: readonly MessageId[]) => void): void;
  down(end: SessionEnd): void;
}

export interface SessionFaults {
  /** True: this receipt gets lost on its way to the peer. */
  losesReceipt(): boolean;
}

export class SessionShell {
  readonly #clock: VirtualClock;
  readonly #machine: Session;
  readonly #end: ConnectionEnd;
  readonly #node: SessionNode;
  readonly #faults: SessionFaults;
  /** To the session, from the node. */
  readonly #fromNode: Lane;
  readonly #mailbox: (() => void)[] = [];
  readonly #pieces = new Pieces();
  #isAsking = false;
  #isUp = false;
  #isOver = false;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly machine: Session;
    readonly end: ConnectionEnd;
    readonly node: SessionNode;
    readonly faults: SessionFaults;
    readonly delayMs: () => number;
  }) {
    this.#clock = options.clock;
    this.#machine = options.machine;
    this.#end = options.end;
    this.#node = options.node;
    this.#faults = options.faults;
    this.#fromNode = new Lane(options.clock, options.delayMs);
    for (const output of this.#machine.start()) if (output.type === 'write') this.#put(output.bytes);
    options.end.listen({
      onBytes: (bytes) => this.#post(() => this.#act(this.#machine.receive(bytes, this.#clock.nowMs))),
      onEnd: (reason) => this.#post(() => this.#over({ type: 'lost', reason })),
    });
    this.#tick();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  say(utterances: readonly Utterance[]): void {
    this.#fromNode.send(() =>
      this.#post(() => {
        if (this.#isUp) this.#act(this.#machine.say(utterances, this.#clock.nowMs));
      }),
    );
  }

  ping(): void {
    this.#fromNode.send(() => this.#post(() => this.#act(this.#machine.ping())));
  }

  narrow(): void {
    this.#fromNode.send(() => this.#post(() => this.#pieces.narrow()));
  }

  close(reason: CloseReason): void {
    this.#fromNode.send(() =>
      this.#post(() => {
        this.#write(this.#machine.close(reason));
        this.#over({ type: 'closed', by: 'us', reason });
      }),
    );
  }

  /** The actor is stopped by its supervisor. */
  stop(): void {
    if (this.#isOver) return;
    this.#write(this.#machine.close('shutdown'));
    this.#end.finish();
    this.#isOver = true;
  }

  /** The process dies: no word to anybody. `isHeard`: the system closes the socket. */
  die(isHeard: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (isHeard) this.#end.finish();
    else this.#end.vanish();
  }

  #tick(): void {
    this.#clock.after(limits.tickEveryMs, () => {
      if (this.#isOver) return;
      this.#post(() => this.#act(this.#machine.tick(this.#clock.nowMs)));
      this.#tick();
    });
  }

  #post(work: () => void): void {
    this.#mailbox.push(work);
    this.#next();
  }

  #next(): void {
    while (!this.#isAsking && !this.#isOver) {
      const work = this.#mailbox.shift();
      if (work === undefined) return;
      work();
    }
  }

  #answered(outputs: readonly SessionOutput[]): void {
    this.#isAsking = false;
    if (this.#isOver) return;
    this.#act(outputs);
    this.#next();
  }

  #act(outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'write':
          this.#put(output.bytes);
          break;
        case 'find-ticket':
          this.#isAsking = true;
          this.#node.findTicket(output.ticketId, (found) =>
            this.#answered(
              this.#machine.ticket(found === null ? null : copyResumption(found), this.#clock.nowMs),
            ),
          );
          return;
        case 'judge-peer':
          this.#isAsking = true;
          this.#node.judgePeer(output.peer, (refusal) =>
            this.#answered(
              this.#machine.judge(
                refusal === null ? { welcome: true } : { welcome: false, error: refusal },
                this.#clock.nowMs,
              ),
            ),
          );
          return;
        case 'resumable':
          this.#node.resumable(copyResumption(output.resumption));
          break;
        case 'up': {
          const { peer, isResumed, resumption } = output;
          this.#isUp = true;
          this.#node.up({ peer, isResumed, resumption: copyResumption(resumption) });
          break;
        }
        case 'said':
          this.#report(output.utterances);
          break;
        case 'answered':
          this.#node.answered();
          break;
        case 'due':
          this.#write(this.#machine.close(output.reason));
          return this.#over({ type: 'closed', by: 'us', reason: output.reason });
        case 'closed':
          return this.#over({ type: 'closed', by: 'peer', reason: output.reason });
        case 'failed':
          return this.#over({ type: 'failed', error: output.error });
        default:
          unreachable(output);
      }
    }
  }

  #report(utterances: readonly Utterance[]): void {
    this.#node.said(utterances, (receipts) =>
      this.#post(() => {
        if (receipts.length === 0 || this.#faults.losesReceipt()) return;
        this.#act(this.#machine.say([{ type: 'receipt', ids: receipts }], this.#clock.nowMs));
      }),
    );
  }

  #put(bytes: Uint8Array): void {
    if (!this.#isUp) {
      for (const piece of piecesOf(bytes)) this.#end.write(piece);
      return;
    }
    const now = this.#pieces.write(bytes);
    if (now === null) return;
    this.#end.write(now);
    this.#planPiece();
  }

  #planPiece(): void {
    if (!this.#pieces.areWaiting) return;
    this.#clock.after(limits.pieceEveryMs, () =>
      this.#post(() => {
        const piece = this.#pieces.next();
        if (piece !== null) this.#end.write(piece);
        this.#planPiece();
      }),
    );
  }

  #write(outputs: readonly SessionOutput[]): void {
    for (const piece of this.#pieces.rest()) this.#end.write(piece);
    for (const output of outputs) if (output.type === 'write') this.#end.write(output.bytes);
  }

  #over(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#isUp = false;
    this.#isOver = true;
    this.#machine.destroy();
    this.#end.finish();
    this.#node.down(end);
  }
}
