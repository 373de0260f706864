/** Sends what an iterable gives, one message each, at the pace of the receiver. */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { BodyOf, CastName, Protocol } from '../actor.js';
import type { RuntimeError } from '../errors.js';
import { aborted } from '../link/faults.js';
import type { RefOf } from '../ref.js';

/**
 * Resolves with the number of messages that were sent. The source is read as room allows, and closed in any case.
 * Errors: `runtime/no-actor`, `runtime/aborted` by `signal`. Exceptions of the source are thrown on.
 */
export function stream<P extends Protocol, Understood, N extends CastName<P>>(
  ref: RefOf<P, Understood>,
  name: N,
  source: AsyncIterable<BodyOf<P, N>> | Iterable<BodyOf<P, N>>,
  options: { readonly signal?: AbortSignal } = {},
): ResultAsync<number, RuntimeError> {
  const run = async (): Promise<Result<number, RuntimeError>> => {
    let sent = 0;
    for await (const body of source) {
      if (options.signal?.aborted === true) return err(aborted(ref.actor, name));
      const queued = await ref.send(name, body);
      if (queued.isErr()) return err(queued.error);
      sent += 1;
    }
    return ok(sent);
  };
  return new ResultAsync(run());
}
