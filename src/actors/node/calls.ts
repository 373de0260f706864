/** Calls of the node that are not answered yet. The core knows them by number, since a reply port is not data. */
import type { Result } from 'neverthrow';
import type { CallId, Fault } from '../../chat/turn.js';
import type { ReplyTo } from '../../runtime/actor.js';

/** Numbers of open calls, each with the way back to its caller. */
export class Calls {
  readonly #open = new Map<number, ReplyTo<never, never>>();
  #opened = 0;

  open<Reply, Failure extends Fault>(from: ReplyTo<Reply, Failure>): CallId<Reply, Failure> {
    this.#opened += 1;
    this.#open.set(this.#opened, from);
    return { callId: this.#opened };
  }

  /** Answers a call. A number without an open call is ignored. */
  answer(callId: number, result: Result<unknown, Fault>): void {
    const from = this.#open.get(callId);
    this.#open.delete(callId);
    // `answer` in `chat/turn.ts` accepts only the result type of the call.
    result.match(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the call was checked when it was answered
      (value) => from?.ok(value as never),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
      (failure) => from?.err(failure as never),
    );
  }
}
