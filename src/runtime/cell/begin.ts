/** Runs `init` of an actor: it may refuse, throw, answer later, or return something else than a Result. */
import { err, type Result } from 'neverthrow';
import type { Awaitable, Behaviour, Fault } from '../actor.js';
import type { StartOutcome } from './cell-host.js';
import { detailOf, isThenable, nativePromise } from './step.js';

/** The first state, or how the start failed. */
export type Begun = Result<unknown, StartOutcome>;

/** Gives the outcome at once when `init` does. Never throws and never rejects. */
export function begin(behaviour: Behaviour, args: unknown, context: unknown): Awaitable<Begun> {
  try {
    const result: unknown = behaviour.init(args, context);
    if (!isThenable(result)) return begun(behaviour, result);
    return nativePromise(result).then((later) => begun(behaviour, later), thrown);
  } catch (error) {
    return thrown(error);
  }
}

function begun({ name }: Behaviour, result: unknown): Begun {
  if (!isResult(result))
    return thrown(new TypeError(`init of ${name} returned no Result: return ok(…) or err(…)`));
  return result.mapErr((fault): StartOutcome => ({ type: 'refused', fault }));
}

const thrown = (error: unknown): Begun => err({ type: 'crashed', detail: detailOf(error) });

const isResult = (value: unknown): value is Result<unknown, Fault> =>
  typeof value === 'object' && value !== null && 'mapErr' in value && typeof value.mapErr === 'function';
