/**
 * The list of active peers of synergy, and the notices about it for the user. Pure: the caller sends, and reports
 * sent and received messages.
 *
 * A peer is active once a message came from it or was sent to it: *Connected* when we have sent it a connection
 * message successfully, *Yet to connect* otherwise. It is known by address and port, so that one machine under two
 * addresses is two peers.
 */
import { err, ok, type Result } from 'neverthrow';
import { foreignPeers } from '../limits.js';
import { formatEndpoint, parseEndpoint, type Endpoint } from '../../wire/address.js';
import type { Utterance } from '../dialect.js';

/** The status of a peer on the list. */
export type SynergyStatus = 'Connected' | 'Yet to connect';

/** A peer on the list. */
export interface SynergyPeer extends Endpoint {
  /** `null` until it has spoken. */
  readonly name: string | null;
  readonly status: SynergyStatus;
  /** Whether a message came from it. */
  readonly hasSpoken: boolean;
}

/** A notice for the user. `connected`: the peer has sent us a connection message. */
export interface SynergyNotice {
  readonly type: 'new-peer' | 'connected' | 'message' | 'disconnected';
  readonly peer: SynergyPeer;
  /** Text of the message; empty for other notices. */
  readonly text: string;
}

/** The list. */
export interface SynergyPeers {
  heard(from: Endpoint, name: string | null, utterance: Utterance): readonly SynergyNotice[];
  /** Notes an utterance that was handed to the peer. */
  sent(to: Endpoint, utterance: Utterance): void;
  list(): readonly SynergyPeer[];
  /** Returns the peers that *Connect* offers. */
  yetToConnect(): readonly SynergyPeer[];
  /** Forgets all peers on *Quit*, and returns those that get a `leave`. */
  quit(): readonly SynergyPeer[];
}

/** Opens an empty list, bounded by `foreignPeers.activeMax`: the oldest unconnected peer makes room. */
export function openSynergyPeers(): SynergyPeers {
  const peers = new Map<string, SynergyPeer>();
  const put = (peer: SynergyPeer): SynergyPeer => {
    peers.set(formatEndpoint(peer), peer);
    if (peers.size > foreignPeers.activeMax) {
      const others = [...peers].filter(([, other]) => other !== peer);
      const oldest = others.find(([, { status }]) => status === 'Yet to connect') ?? others[0];
      if (oldest !== undefined) peers.delete(oldest[0]);
    }
    return peer;
  };
  return {
    heard(from, name, utterance) {
      const known = peers.get(formatEndpoint(from));
      const peer: SynergyPeer = {
        host: from.host,
        port: from.port,
        name: name ?? known?.name ?? null,
        status: known?.status ?? 'Yet to connect',
        hasSpoken: true,
      };
      if (utterance.type === 'leave') {
        peers.delete(formatEndpoint(from));
        return known === undefined ? [] : [{ type: 'disconnected', peer, text: '' }];
      }
      // Sent to before does not make it known to the user: its first message does.
      const isNew = known?.hasSpoken !== true;
      put(peer);
      const notices: SynergyNotice[] = isNew ? [{ type: 'new-peer', peer, text: '' }] : [];
      if (utterance.type === 'connect') notices.push({ type: 'connected', peer, text: '' });
      if (utterance.type === 'text') notices.push({ type: 'message', peer, text: utterance.text });
      return notices;
    },
    sent(to, utterance) {
      if (utterance.type === 'leave') {
        peers.delete(formatEndpoint(to));
        return;
      }
      const known = peers.get(formatEndpoint(to));
      const status = utterance.type === 'connect' ? 'Connected' : (known?.status ?? 'Yet to connect');
      put({
        host: to.host,
        port: to.port,
        name: known?.name ?? null,
        status,
        hasSpoken: known?.hasSpoken === true,
      });
    },
    list: () => [...peers.values()],
    yetToConnect: () => [...peers.values()].filter(({ status }) => status === 'Yet to connect'),
    quit() {
      const all = [...peers.values()];
      peers.clear();
      return all;
    },
  };
}

/** The text that greets mandatory peers at the start. */
export const synergyGreeting = 'Hello!';

/** Parses `IP:PORT` entries between commas or white space. Errors: the first invalid entry. */
export function parseMandatoryPeers(list: string): Result<readonly Endpoint[], string> {
  const peers: Endpoint[] = [];
  for (const entry of list.split(/[\s,]+/).filter((part) => part !== '')) {
    const peer = parseEndpoint(entry);
    if (peer === null) return err(entry);
    peers.push(peer);
  }
  return ok(peers);
}
