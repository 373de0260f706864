/** Actors in the place of those that use the network: nothing is opened, dialled, heard or announced. */
import { err, ok } from 'neverthrow';
import { bindsOf } from '../../actors/interfaces.js';
import { nothingHeard } from '../../chat/presence/heard-log.js';
import type { BroadcastProtocol, DiscoveryProtocol } from '../../actors/presence/protocol.js';
import { rowOf } from '../../actors/files/rows.js';
import { readRecords } from '../../actors/files/store.js';
import { reasonOf } from '../../system-errors.js';
import type { FilesProtocol } from '../../actors/files/protocol.js';
import type { FileError } from '../../chat/errors.js';
import type { TransportProtocol, TransportReports } from '../../actors/transport/protocol.js';
import { actor, later, next, reply } from '../../runtime/actor.js';

type Nothing = Record<never, never>;

/** A transport that reports the port of the settings as open, and reaches nobody. */
export const inertTransport = actor<
  { readonly address: string; readonly port: number },
  null,
  TransportProtocol,
  { readonly node: TransportReports }
>({
  name: 'transport',
  restart: 'permanent',
  init({ address, port }, context) {
    const addresses = bindsOf(address);
    const [first = address] = addresses;
    context.links.node.cast('listening', { address: first, addresses, port, others: [] });
    return ok(null);
  },
  receive: {
    dial: (state, { host, port }) =>
      reply(
        state,
        err({ code: 'transport/dial-failed', address: host, port, reason: 'the network is not used' }),
      ),
    authenticated: (state) => next(state),
    close: (state) => next(state),
    known: (state) => next(state),
    stats: (state) =>
      reply(
        state,
        ok({
          accepted: 0,
          refusedBusy: 0,
          crowdedOut: 0,
          reset: 0,
          evicted: 0,
          inboundNow: 0,
          inboundMost: 0,
          unheard: {},
          outboundNow: 0,
        }),
      ),
  },
});

/** A discovery that hears nobody. */
export const inertDiscovery = actor<Nothing, null, DiscoveryProtocol>({
  name: 'discovery',
  restart: 'permanent',
  init: () => ok(null),
  receive: {
    heard: (state) => next(state),
    contacts: (state) => next(state),
    awaited: (state) => next(state),
    recall: (state) => next(state),
    invisible: (state) => next(state),
    named: (state) => next(state),
    watchHosts: (state) => next(state),
    age: (state) => next(state),
    stats: (state) => reply(state, ok({ datagrams: 0, signatureChecks: 0, challenges: 0, dropped: {} })),
    report: (state) => reply(state, ok(nothingHeard)),
  },
});

/** A broadcast that announces nothing. */
export const inertBroadcast = actor<Nothing, null, BroadcastProtocol>({
  name: 'broadcast',
  restart: 'permanent',
  init: () => ok(null),
  receive: {
    announce: (state) => next(state),
    describe: (state) => next(state),
    unicast: (state) => next(state),
    query: (state) => next(state),
    answer: (state) => next(state),
    greet: (state) => next(state),
    leave: (state) => reply(state, ok(null)),
    sent: (state) => reply(state, ok({ targets: [], replyPorts: [] })),
    pollInterfaces: (state) => next(state),
  },
});

/** An actor of files that transfers none, and lists what the home keeps. `folder`: that of the transfers. */
export const inertFiles = actor<{ readonly folder: string }, string, FilesProtocol>({
  name: 'files',
  restart: 'permanent',
  init: ({ folder }) => ok(folder),
  receive: {
    offer: (state) => reply(state, err(atRest)),
    offered: (state) => reply(state, err(atRest)),
    list(state, _body, context, from) {
      void readRecords(state, () => undefined).then(
        (records) => from.ok(records.map((record) => rowOf({ record, live: null }))),
        (cause: unknown) => {
          context.log('warn', 'transfers-unread', { reason: reasonOf(cause) });
          from.ok([]);
        },
      );
      return later(state, from);
    },
    act: (state) => reply(state, err(atRest)),
    unsent: (state) => next(state),
    sessionUp: (state) => next(state),
    heard: (state) => next(state),
    filesWritten: (state) => next(state),
    sessionOver: (state) => next(state),
    tick: (state) => next(state),
    sweep: (state) => next(state),
  },
});

const atRest: FileError = { code: 'files/io', reason: 'the node is not on the network' };
