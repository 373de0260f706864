/**
 * The two lists of netech. *Active*: a message came from the peer or was sent to it. *Connected*: it sent, or was
 * sent, a connection message. Known by address and listening port. Pure.
 */
import { foreignPeers } from '../limits.js';
import { formatEndpoint, type Endpoint } from '../../wire/address.js';
import type { Utterance } from '../dialect.js';

/** A peer on the lists. */
export interface NetechPeer extends Endpoint {
  /** `null` until it has spoken. */
  readonly team: string | null;
  readonly isConnected: boolean;
}

/** The two lists. */
export interface NetechPeers {
  heard(from: Endpoint, team: string | null, utterance: Utterance): void;
  /** Notes an utterance that was handed to the peer. */
  sent(to: Endpoint, utterance: Utterance): void;
  /** Returns the active peers in order of first appearance; *Connect automatically* goes to all of them. */
  active(): readonly NetechPeer[];
  connected(): readonly NetechPeer[];
}

/** Opens empty lists, bounded by `foreignPeers.activeMax`: the oldest unconnected peer makes room. */
export function openNetechPeers(): NetechPeers {
  const peers = new Map<string, NetechPeer>();
  const note = (at: Endpoint, team: string | null, utterance: Utterance): void => {
    const key = formatEndpoint(at);
    if (utterance.type === 'leave') {
      peers.delete(key);
      return;
    }
    const known = peers.get(key);
    peers.set(key, {
      host: at.host,
      port: at.port,
      team: team ?? known?.team ?? null,
      isConnected: utterance.type === 'connect' || known?.isConnected === true,
    });
    if (peers.size <= foreignPeers.activeMax) return;
    const others = [...peers].filter(([other]) => other !== key);
    const oldest = others.find(([, { isConnected }]) => !isConnected) ?? others[0];
    if (oldest !== undefined) peers.delete(oldest[0]);
  };
  return {
    heard: note,
    sent: (to, utterance) => note(to, null, utterance),
    active: () => [...peers.values()],
    connected: () => [...peers.values()].filter(({ isConnected }) => isConnected),
  };
}
