/** An actor that passes on a message with a fate, on each way there is within a thread. */
import { ok } from 'neverthrow';
import {
  actor,
  address,
  child,
  next,
  reply,
  type Call,
  type Cast,
  type ChildSpec,
  type Fault,
  type Placement,
  type Ref,
} from '../../src/runtime/index.js';
import { meet, type Fate, type WorkProtocol } from './actors.js';

/**
 * `cast`, `call`: to the worker beside it; `circle`: to another relay, which has a link back; `itself`: over a link to
 * itself; `self`: as a message of its own.
 */
export type Way = 'cast' | 'call' | 'circle' | 'itself' | 'self';

export type RelayProtocol = {
  pass: Cast<{ readonly way: Way; readonly fate: Fate }>;
  meet: Cast<Fate>;
  ask: Call<null, string, Fault>;
};
type RelayLinks = { readonly worker: WorkProtocol; readonly other: RelayProtocol };

export const relay = actor<null, null, RelayProtocol, RelayLinks>({
  name: 'relay',
  init: () => ok(null),
  receive: {
    pass: (state, { way, fate }, context) => {
      const { links } = context;
      if (way === 'call') return afterCall(links.worker, fate);
      if (way === 'cast') links.worker.cast('work', { n: 1, fate })._unsafeUnwrap();
      else if (way === 'circle') links.other.cast('meet', fate)._unsafeUnwrap();
      else if (way === 'itself') context.ref(context.address).cast('meet', fate)._unsafeUnwrap();
      else context.self('meet', fate)._unsafeUnwrap();
      return next(state);
    },
    meet: async (state, fate) => {
      await meet(fate);
      return next(state);
    },
    ask: (state) => reply(state, ok('still there')),
  },
});

/** The other ways do not wait: what they send is handled before their own message is acknowledged. */
async function afterCall(worker: Ref<WorkProtocol>, fate: Fate) {
  await worker.call('ask', { n: 2, fate });
  return next(null);
}

/** Two relays with links to each other. */
export function relaysAt(
  placement: Placement,
): readonly [ChildSpec<RelayProtocol>, ChildSpec<RelayProtocol>] {
  const at = (id: string, other: string): ChildSpec<RelayProtocol> =>
    child(relay, {
      id,
      links: { worker: address<WorkProtocol>('worker'), other: address<RelayProtocol>(other) },
      placement,
    });
  return [at('relay', 'echo'), at('echo', 'relay')];
}
