/** Findings about one peer: what arrives here, what arrives there, by which protocol. Pure. */
import { formatAddress } from '../../wire/address.js';
import { interfaceOf, isV6 } from '../../wire/address-space.js';
import { commandRemedy, fine, trouble, type Finding, type Remedy } from './finding.js';
import { doctor as limits } from './limits.js';
import { isTunnel, outerAddresses } from './machine.js';
import type { FirewallTool, Judged, PeerState } from './observations.js';
import { listed, meaningOf, openCommand, setClockCommand, spanOf } from './remedies.js';

/** Judges what is known about the peer that was asked about. `firewall`: the one that a remedy names. */
export function peerFindings(seen: Judged, firewall: FirewallTool): readonly Finding[] {
  const { peer } = seen;
  if (peer === null) return [];
  const isReached = peer.tried.some(({ problem }) => problem === null);
  if (peer.name === null && peer.tried.length === 0) {
    const { unknown, seePeers } = seen.words.peer;
    return [trouble('peer', unknown(peer.word), seePeers)];
  }
  return [
    ...networkFinding(peer, seen, isReached),
    udpInFinding(peer, seen, isReached),
    ...(peer.answer === null ? [] : [udpOutFinding(peer, seen)]),
    tcpOutFinding(peer, seen),
    ...(isReached ? [tcpInFinding(peer, seen, firewall), clockOf(peer, seen)] : []),
  ];
}

const nameOf = ({ name, word }: PeerState): string => name ?? word;

/** Whether the peer is on a network of this machine. */
function networkFinding(peer: PeerState, seen: Judged, isReached: boolean): readonly Finding[] {
  const { words } = seen;
  const hosts = [
    ...new Set([...peer.tried.map(({ host }) => host), ...peer.heard.map(({ address }) => address)]),
  ];
  const own = outerAddresses(seen).filter(({ name }) => !isTunnel(name));
  const v4 = hosts.filter((host) => !isV6(host) && /^[\d.]+$/.test(host));
  if (v4.length === 0 || v4.some((host) => interfaceOf(host, seen.addresses) !== '')) return [];
  const networks = own.flatMap(({ address, cidr, name }) =>
    isV6(address) ? [] : [words.peer.network(cidr ?? address, name)],
  );
  const cause = words.peer.elsewhere(nameOf(peer), listed(v4, words), listed(networks, words));
  if (isReached) return [fine('peer-network', words.peer.throughRouter(cause))];
  return [trouble('peer-network', cause, words.peer.joinNetworks)];
}

function udpInFinding(peer: PeerState, { words }: Judged, isReached: boolean): Finding {
  const name = nameOf(peer);
  if (peer.heard.length > 0) {
    const places = peer.heard.map(
      ({ address, via, ageMs }) =>
        `${address}${via === '' ? '' : words.network.on(via)} (${words.peer.ago(spanOf(ageMs))})`,
    );
    const both = peer.heard.some(({ isReply }) => isReply) ? words.peer.answers : '';
    return fine('peer-udp-in', words.peer.arrives(name, listed(places, words), both));
  }
  const tail = isReached ? words.peer.butTcp : '';
  return trouble(
    'peer-udp-in',
    words.peer.arrivesNot(name, tail),
    isReached ? words.peer.openUdp : words.peer.isNodeRunning(name),
  );
}

function udpOutFinding(peer: PeerState, seen: Judged): Finding {
  const { words } = seen;
  const name = nameOf(peer);
  const heard = peer.answer?.heard ?? [];
  if (heard.length > 0) {
    const places = heard.map(
      ({ address, via, ageMs }) =>
        `${address}${via === '' ? '' : words.peer.onIts(via)} (${words.peer.ago(spanOf(ageMs))})`,
    );
    return fine('peer-udp-out', words.peer.hears(name, listed(places, words)));
  }
  const isOneWay = peer.heard.length > 0;
  return trouble(
    'peer-udp-out',
    words.peer.hearsNot(name, isOneWay ? words.peer.oneDirection : ''),
    commandRemedy(
      words.peer.onMachineOf(name),
      openCommand('ufw', { tcp: [], udp: seen.neededUdpPorts }),
      words.peer.orItsCommand,
    ),
  );
}

function tcpOutFinding(peer: PeerState, seen: Judged): Finding {
  const { words } = seen;
  const name = nameOf(peer);
  const reached = peer.tried.filter(({ problem }) => problem === null);
  if (reached.length > 0)
    return fine('peer-tcp-out', words.peer.reached(name, listed(reached.map(formatAddress), words)));
  const failed = peer.tried.map((each) => `${formatAddress(each)}: ${meaningOf(each.problem ?? '', words)}`);
  if (failed.length === 0)
    return trouble('peer-tcp-out', words.peer.noPeerAddress(name), words.peer.giveAddress);
  const port = peer.tried[0]?.port ?? seen.tcp.wanted;
  const isHeard = peer.heard.length > 0;
  const isReply = peer.heard.some((each) => each.isReply);
  const tail = isReply ? words.peer.butUdp : isHeard ? words.peer.butArrives : '';
  const isOff = peer.tried.every(({ problem }) => problem === 'ECONNREFUSED');
  return trouble(
    'peer-tcp-out',
    words.peer.notReached(name, listed(failed, words), tail),
    isOff
      ? words.peer.startThere(name)
      : commandRemedy(
          words.peer.onMachineOf(name),
          openCommand('ufw', { tcp: [port], udp: [] }),
          words.peer.orItsCommandIsolation,
        ),
  );
}

function tcpInFinding(peer: PeerState, seen: Judged, firewall: FirewallTool): Finding {
  const name = nameOf(peer);
  const { answer } = peer;
  const { words } = seen;
  if (answer === null) {
    return fine('peer-tcp-in', words.peer.answersNot(name));
  }
  switch (answer.dialBack) {
    case 'reached':
      return fine('peer-tcp-in', words.peer.reachesHere(name, answer.seenAt));
    case 'untried':
      return fine('peer-tcp-in', words.peer.notTried(name));
    case 'failed':
      return trouble(
        'peer-tcp-in',
        words.peer.reachesNot(name, answer.seenAt, meaningOf(answer.dialProblem, words)),
        openIn(seen, firewall),
      );
    default:
      return answer.dialBack satisfies never;
  }
}

function openIn(seen: Judged, firewall: FirewallTool): Remedy {
  const openings = { tcp: [seen.tcp.listeningPort ?? seen.tcp.wanted], udp: [] };
  return commandRemedy(seen.words.peer.openPort, openCommand(firewall, openings));
}

function clockOf(peer: PeerState, { platform, words }: Judged): Finding {
  const name = nameOf(peer);
  if (peer.answer === null) return fine('peer-clock', words.peer.clockUnknown(name));
  const { clockMs } = peer.answer;
  if (Math.abs(clockMs) <= limits.clockMs)
    return fine('peer-clock', words.peer.clockAgrees(name, spanOf(clockMs)));
  const cause = words.peer.clockOff(name, spanOf(clockMs), clockMs > 0);
  const remedy = commandRemedy(words.peer.setOneClock, setClockCommand(platform));
  return trouble('peer-clock', cause, remedy);
}
