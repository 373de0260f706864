/** An actor that does what the types forbid. */
import { ok } from 'neverthrow';
import { actor, next, reply, type Call, type Cast } from '../../src/runtime/index.js';

/** Values that are thrown although they are not errors, by name. */
export const oddities: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  text: 'a text',
  object: { a: 1 },
  // Each look at it throws, so nothing can be shown of it.
  trap: new Proxy(
    {},
    {
      get() {
        throw new Error('a trap');
      },
      getPrototypeOf() {
        throw new Error('a trap');
      },
    },
  ),
  'text of its own': {
    [Symbol.toPrimitive]() {
      throw new Error('has no text');
    },
  },
  'error with a trap': Object.defineProperty(new Error('hidden'), 'stack', {
    get() {
      throw new Error('a trap');
    },
  }),
};

export type OddProtocol = {
  fine: Call<null, string>;
  function: Call<null, string>;
  noStep: Call<null, string>;
  throw: Call<string, string>;
  reject: Call<string, string>;
  own: Cast<null>;
  /** Counts bytes. */
  bytes: Cast<Uint8Array>;
};
export interface OddArgs {
  readonly thrown?: string;
  readonly hasNoResult?: boolean;
}

const notThere = (): string => 'no thread can get this';

export const odd = actor<OddArgs, null, OddProtocol>({
  name: 'odd',
  triesMax: 1,
  init: ({ thrown, hasNoResult }) => {
    if (thrown !== undefined) throw oddities[thrown];
    return hasNoResult === true ? (5 as never) : ok(null);
  },
  receive: {
    fine: (state) => reply(state, ok('fine')),
    function: (state) => reply(state, ok(notThere as never)),
    noStep: () => 5 as never,
    throw: (_state, name) => {
      throw oddities[name];
    },
    reject: (_state, name) => Promise.reject(oddities[name]),
    bytes: (state, { byteLength }) => {
      if (byteLength === 0) throw new Error('no bytes');
      return next(state);
    },
    own: (state, _body, context) => {
      context.self('mistyped' as never, null as never);
      return next(state);
    },
  },
});

/** Each batch fails at its end. */
export const unsettled = actor<null, null, { note: Cast<number>; ask: Call<null, number> }>({
  name: 'unsettled',
  init: () => ok(null),
  receive: { note: (state) => next(state), ask: (state) => reply(state, ok(1)) },
  settle: () => {
    throw new Error('the disk is full');
  },
});
