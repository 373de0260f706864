/** Holds for the core the resources of the node that are not data, and names the actors that the node sends to. */
import type { MessagePort } from 'node:worker_threads';
import type { ConnectionId, SessionId } from '../../ids.js';
import type { Context, Ref } from '../../runtime/actor.js';
import type { LogRation } from '../../runtime/log-ration.js';
import { keyIsOldAtMs } from '../../session/certificate.js';
import type { ForeignProtocol, SessionProtocol } from '../connection/protocol.js';
import type { FilesProtocol } from '../files/protocol.js';
import type { HistoryProtocol } from '../history/protocol.js';
import type { BroadcastProtocol, DiscoveryProtocol } from '../presence/protocol.js';
import type { TransportProtocol } from '../transport/protocol.js';
import { Calls } from './calls.js';
import type { NodeProtocol } from './protocol.js';
import type { NodeArgs } from './services.js';
import type { Vault } from '../../chat/people/vault.js';

/** The actors that the node sends messages to. */
export type NodeLinks = {
  readonly history: HistoryProtocol;
  readonly transport: TransportProtocol;
  readonly discovery: DiscoveryProtocol;
  readonly broadcast: BroadcastProtocol;
  readonly files: FilesProtocol;
};
/** The context of the node's handlers. */
export type NodeContext = Context<NodeProtocol, NodeLinks>;

/** Resources that the shell holds for the core, since they are not data. */
export interface Shell {
  readonly args: NodeArgs;
  /** Its static key is replaced while the node runs. */
  identity: Vault;
  readonly calls: Calls;
  /** Bytes of connections whose actor is not started yet. */
  readonly ports: Map<ConnectionId, MessagePort>;
  readonly sessions: Map<SessionId, Ref<SessionProtocol>>;
  readonly foreign: Map<SessionId, Ref<ForeignProtocol>>;
  /** Connections started so far, which spreads them over the threads. */
  connectionsStarted: number;
  /** Rations of log lines that any host can provoke, by event. */
  readonly rations: Map<string, LogRation>;
}

/** Makes a shell without connections. */
export const newShell = (args: NodeArgs): Shell => ({
  args,
  identity: args.identity(),
  calls: new Calls(),
  ports: new Map(),
  sessions: new Map(),
  foreign: new Map(),
  connectionsStarted: 0,
  rations: new Map(),
});

/** The facts about the static key that the core needs. */
export const ownKeyOf = ({ certificateSerial }: Vault) => ({
  certificateSerial,
  keyIsOldAtMs: keyIsOldAtMs(certificateSerial),
});

/** Takes the bytes of a connection out; null: it has none. */
export function takePort(shell: Shell, connectionId: ConnectionId): MessagePort | null {
  const port = shell.ports.get(connectionId) ?? null;
  shell.ports.delete(connectionId);
  return port;
}
