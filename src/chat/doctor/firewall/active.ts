/** The firewall of this machine: the one that decides, and the packets of peers that it admits. Pure. */
import { isTunnel, isVirtual, outerAddresses } from '../machine.js';
import type { FirewallReading, FirewallTool, Observations } from '../observations.js';
import type { RulePlace } from '../remedies.js';
import { activeZones, isUfwActive, judgeUfw, judgeZones } from './front-ends.js';
import { judgeIptables, readIptables } from './iptables.js';
import { judgeNft, readNft } from './nft.js';
import type { Packet, Verdict } from './walk.js';

/** The firewall of this machine. */
export interface ActiveFirewall {
  /** The firewall that a remedy names. */
  readonly tool: FirewallTool;
  /** The active front ends, else the rules below; empty: none is active or can be read. */
  readonly results: readonly FirewallResult[];
}

/** The result of one firewall. */
export interface FirewallResult {
  readonly tool: FirewallTool;
  readonly closed: readonly Opening[];
  readonly unknown: readonly Opening[];
  /** Interfaces on which something is refused; empty: all. */
  readonly refusingOn: readonly string[];
  readonly place: RulePlace;
}

/** A port that peers send to. */
export interface Opening {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/**
 * Returns the firewall of the platform. On Linux a remedy names the first active one; where none is active or can be
 * read, the first one that only root may read.
 */
export function activeFirewall(seen: Observations): ActiveFirewall {
  const results = resultsOf(seen);
  return { tool: toolOf(seen, results), results };
}

function toolOf({ platform, firewalls }: Observations, [first]: readonly FirewallResult[]): FirewallTool {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  return first?.tool ?? firewalls.find(({ state }) => state === 'denied')?.tool ?? 'nft';
}

/** Judges the rules that were read. A front end stands for the rules that it makes below. */
function resultsOf(seen: Observations): readonly FirewallResult[] {
  const read = seen.firewalls.filter(
    (each): each is Extract<FirewallReading, { state: 'read' }> => each.state === 'read',
  );
  const textOf = (tool: FirewallTool): string | null => read.find((each) => each.tool === tool)?.text ?? null;
  const [ufw, zones] = [textOf('ufw'), activeZones(textOf('firewalld') ?? '')];
  const results: FirewallResult[] = [];
  if (ufw !== null && isUfwActive(ufw))
    results.push(resultOf('ufw', seen, (packet) => ({ verdict: judgeUfw(ufw, packet), place: {} })));
  if (zones.length > 0) {
    results.push(
      resultOf('firewalld', seen, (packet) => {
        const judged = judgeZones(zones, packet);
        return { verdict: judged?.verdict ?? 'unknown', place: judged === null ? {} : { zone: judged.zone } };
      }),
    );
  }
  if (results.length > 0) return results;
  const nft = readNft(textOf('nft') ?? '');
  if (nft !== null && nft.bases.length > 0) {
    return [
      resultOf('nft', seen, (packet) => {
        const { verdict, place } = judgeNft(nft, packet);
        return { verdict, place: place === null ? {} : { chain: place } };
      }),
    ];
  }
  const iptables = readIptables(textOf('iptables') ?? '');
  if (iptables === null) return [];
  return [resultOf('iptables', seen, (packet) => ({ verdict: judgeIptables(iptables, packet), place: {} }))];
}

/** Judges every port on every interface that leads to a network of several machines. */
function resultOf(
  tool: FirewallTool,
  seen: Observations,
  judge: (packet: Packet) => { readonly verdict: Verdict; readonly place: RulePlace },
): FirewallResult {
  const outer = [...new Set(outerAddresses(seen).map(({ name }) => name))];
  const shared = outer.filter((name) => !isTunnel(name) && !isVirtual(name));
  // A container has nothing else.
  const names = shared.length === 0 ? outer : shared;
  const openings: readonly Opening[] = [
    { protocol: 'tcp', port: seen.tcp.listeningPort ?? seen.tcp.wanted },
    ...[...seen.udp.map((each) => each.port), ...seen.replyPorts].map(
      (port) => ({ protocol: 'udp', port }) as const,
    ),
  ];
  const judged = openings.flatMap((opening) =>
    names.map((name) => ({ opening, name, ...judge({ ...opening, interfaceName: name }) })),
  );
  const closed = judged.filter(({ verdict }) => verdict === 'closed');
  const refusing = names.filter((name) => closed.some((each) => each.name === name));
  const refusingOn = refusing.length === names.length ? [] : refusing;
  const isOf =
    (wanted: Verdict) =>
    (opening: Opening): boolean =>
      judged.some((each) => each.opening === opening && each.verdict === wanted);
  return {
    tool,
    closed: openings.filter(isOf('closed')),
    unknown: openings.filter(isOf('unknown')),
    refusingOn,
    place: {
      ...closed[0]?.place,
      ...(refusingOn.length === 1 ? { interfaceName: refusingOn[0] } : {}),
    },
  };
}
