/** Findings about one peer: what arrives here, what arrives there, by which protocol. Pure. */
import { formatAddress } from '../../wire/address.js';
import { interfaceOf, isV6 } from '../../wire/address-space.js';
import { commandRemedy, fine, trouble, type Finding, type Remedy } from './finding.js';
import { doctor as limits } from './limits.js';
import { isTunnel, outerAddresses } from './machine.js';
import type { FirewallTool, Observations, PeerState } from './observations.js';
import { listed, meaningOf, openCommand, setClockCommand, spanOf } from './remedies.js';

/** Judges what is known about the peer that was asked about. `firewall`: the one that a remedy names. */
export function peerFindings(seen: Observations, firewall: FirewallTool): readonly Finding[] {
  const { peer } = seen;
  if (peer === null) return [];
  const isReached = peer.tried.some(({ problem }) => problem === null);
  if (peer.name === null && peer.tried.length === 0) {
    const remedy = 'see "parlance peers" for names, or give HOST:PORT';
    return [trouble('peer', `"${peer.word}" is neither a known peer nor an address`, remedy)];
  }
  return [
    ...networkFinding(peer, seen, isReached),
    udpInFinding(peer, isReached),
    ...(peer.answer === null ? [] : [udpOutFinding(peer, seen)]),
    tcpOutFinding(peer, seen),
    ...(isReached ? [tcpInFinding(peer, seen, firewall), clockOf(peer, seen)] : []),
  ];
}

const nameOf = ({ name, word }: PeerState): string => name ?? word;

/** Whether the peer is on a network of this machine. */
function networkFinding(peer: PeerState, seen: Observations, isReached: boolean): readonly Finding[] {
  const hosts = [
    ...new Set([...peer.tried.map(({ host }) => host), ...peer.heard.map(({ address }) => address)]),
  ];
  const own = outerAddresses(seen).filter(({ name }) => !isTunnel(name));
  const v4 = hosts.filter((host) => !isV6(host) && /^[\d.]+$/.test(host));
  if (v4.length === 0 || v4.some((host) => interfaceOf(host, seen.addresses) !== '')) return [];
  const networks = own.flatMap(({ address, cidr, name }) =>
    isV6(address) ? [] : [`${cidr ?? address} on ${name}`],
  );
  const words = `${nameOf(peer)} is at ${listed(v4)}, which is in none of the networks of this machine (${listed(networks)})`;
  if (isReached) return [fine('peer-network', `${words}, but is reached through a router`)];
  const remedy =
    'put both machines into one network: same router, same mask; or give PEER as HOST:PORT if a router joins them';
  return [trouble('peer-network', words, remedy)];
}

function udpInFinding(peer: PeerState, isReached: boolean): Finding {
  const name = nameOf(peer);
  if (peer.heard.length > 0) {
    const words = peer.heard.map(
      ({ address, via, ageMs }) => `${address}${via === '' ? '' : ` on ${via}`} (${spanOf(ageMs)} ago)`,
    );
    const both = peer.heard.some(({ isReply }) => isReply)
      ? '; it answers to announcements of this node'
      : '';
    return fine('peer-udp-in', `announcements of ${name} arrive here: ${listed(words)}${both}`);
  }
  const tail = isReached ? ', although TCP works: something drops UDP on the way to this machine' : '';
  return trouble(
    'peer-udp-in',
    `no announcement of ${name} arrives here${tail}`,
    isReached
      ? `open UDP in the firewall of this machine; in the network allow broadcast between its clients`
      : `is the node of ${name} running? Run "parlance doctor" there`,
  );
}

function udpOutFinding(peer: PeerState, seen: Observations): Finding {
  const name = nameOf(peer);
  const heard = peer.answer?.heard ?? [];
  if (heard.length > 0) {
    const words = heard.map(
      ({ address, via, ageMs }) => `${address}${via === '' ? '' : ` on its ${via}`} (${spanOf(ageMs)} ago)`,
    );
    return fine('peer-udp-out', `${name} hears announcements of this node: ${listed(words)}`);
  }
  const isOneWay = peer.heard.length > 0;
  return trouble(
    'peer-udp-out',
    `${name} hears no announcement of this node${isOneWay ? ', although its own arrive here: UDP passes in one direction only' : ''}`,
    commandRemedy(
      `on the machine of ${name}: `,
      openCommand('ufw', { tcp: [], udp: seen.neededUdpPorts }),
      " (or its firewall's own command)",
    ),
  );
}

function tcpOutFinding(peer: PeerState, seen: Observations): Finding {
  const name = nameOf(peer);
  const reached = peer.tried.filter(({ problem }) => problem === null);
  if (reached.length > 0)
    return fine('peer-tcp-out', `${name} is reached by TCP at ${listed(reached.map(formatAddress))}`);
  const failed = peer.tried.map((each) => `${formatAddress(each)}: ${meaningOf(each.problem ?? '')}`);
  if (failed.length === 0)
    return trouble('peer-tcp-out', `no address of ${name} is known`, 'give PEER as HOST:PORT');
  const port = peer.tried[0]?.port ?? seen.tcp.wanted;
  const isHeard = peer.heard.length > 0;
  const isReply = peer.heard.some((each) => each.isReply);
  const tail = isReply
    ? ', although UDP passes in both directions: something drops TCP'
    : isHeard
      ? ', although its announcements arrive here: TCP is dropped, or nothing of this machine arrives there (one direction only)'
      : '';
  const isOff = peer.tried.every(({ problem }) => problem === 'ECONNREFUSED');
  return trouble(
    'peer-tcp-out',
    `${name} is not reached by TCP (${listed(failed)})${tail}`,
    isOff
      ? `start Parlance on the machine of ${name}, and look at its port with "parlance id"`
      : commandRemedy(
          `on the machine of ${name}: `,
          openCommand('ufw', { tcp: [port], udp: [] }),
          ` (or its firewall's own command); see also "isolation"`,
        ),
  );
}

function tcpInFinding(peer: PeerState, seen: Observations, firewall: FirewallTool): Finding {
  const name = nameOf(peer);
  const { answer } = peer;
  if (answer === null) {
    const words = `${name} does not answer questions of the doctor: its version may be older`;
    return fine('peer-tcp-in', words);
  }
  switch (answer.dialBack) {
    case 'reached':
      return fine('peer-tcp-in', `${name} reaches this node by TCP at ${answer.seenAt}`);
    case 'untried':
      return fine('peer-tcp-in', `${name} did not try to call back: it does not know this node yet`);
    case 'failed':
      return trouble(
        'peer-tcp-in',
        `${name} does not reach this node by TCP at ${answer.seenAt}: ${meaningOf(answer.dialProblem)}`,
        openIn(seen, firewall),
      );
    default:
      return answer.dialBack satisfies never;
  }
}

function openIn(seen: Observations, firewall: FirewallTool): Remedy {
  const openings = { tcp: [seen.tcp.listeningPort ?? seen.tcp.wanted], udp: [] };
  return commandRemedy('open the port on this machine: ', openCommand(firewall, openings));
}

function clockOf(peer: PeerState, { platform }: Observations): Finding {
  const name = nameOf(peer);
  if (peer.answer === null) return fine('peer-clock', `the clock of ${name} is not known`);
  const { clockMs } = peer.answer;
  if (Math.abs(clockMs) <= limits.clockMs)
    return fine('peer-clock', `the clock of ${name} agrees within ${spanOf(clockMs)}`);
  const words = `the clock of ${name} is ${spanOf(clockMs)} ${clockMs > 0 ? 'ahead' : 'behind'}`;
  const remedy = commandRemedy('set the wrong one of the two clocks: ', setClockCommand(platform));
  return trouble('peer-clock', words, remedy);
}
