/** Findings about the network: own announcements that come back, others that are heard, firewalls. Pure. */
import { commandRemedy, fine, trouble, type Check, type Finding, type Remedy } from './finding.js';
import type { ActiveFirewall, FirewallResult, Opening } from './firewall/active.js';
import { isLoopbackOnly, outerAddresses } from './machine.js';
import type { Echo, FirewallTool, Judged, Observations } from './observations.js';
import {
  listed,
  meaningOf,
  openCommand,
  openOutCommand,
  rangesOf,
  showInterfaceCommand,
  spanOf,
  type Openings,
} from './remedies.js';
import type { DoctorWords } from './words.js';

/** Whether own datagrams come back, for each way that there is. */
export function echoFindings(seen: Judged, firewall: ActiveFirewall): readonly Finding[] {
  return (['loopback', 'broadcast', 'multicast'] as const).flatMap((kind) => {
    const echoes = seen.echoes.filter((echo) => echo.kind === kind);
    return echoes.length === 0 ? [] : [echoFinding(kind, echoes, seen, firewall)];
  });
}

const nameOf = ({ interfaceName, target }: Echo): string => `${interfaceName} (${target})`;

function echoFinding(
  kind: Check & Echo['kind'],
  echoes: readonly Echo[],
  seen: Judged,
  firewall: ActiveFirewall,
): Finding {
  const { words } = seen;
  const way = words.network.ways[kind];
  const lost = echoes.filter(({ isHeard }) => !isHeard);
  const [first] = lost;
  if (first === undefined) return fine(kind, words.network.comeBack(way, listed(echoes.map(nameOf), words)));
  const { sendProblem } = first;
  const where = listed(lost.map(nameOf), words);
  if (sendProblem !== null) {
    const cause = words.network.cannotBeSent(way, where, meaningOf(sendProblem, words));
    const remedy =
      sendProblem === 'EPERM'
        ? commandRemedy(outWords(firewall.tool, words), openOutCommand(firewall.tool, portsOf(seen)))
        : commandRemedy(
            words.network.checkInterface,
            showInterfaceCommand(seen.platform, first.interfaceName),
          );
    return trouble(kind, cause, remedy);
  }
  return trouble(
    kind,
    words.network.doNotComeBack(way, where),
    remedyOfFirewall(words, firewall, { tcp: [], udp: seen.neededUdpPorts }),
  );
}

const outWords = (tool: FirewallTool, { network }: DoctorWords): string =>
  tool === 'macos' ? network.letOutRules : network.letOut;

const portsOf = ({ udp }: Observations): readonly number[] => udp.map(({ port }) => port);

/** Returns the remedy for the firewall that refuses, else for the one that is there. */
function remedyOfFirewall(
  { network }: DoctorWords,
  { tool, results }: ActiveFirewall,
  openings: Openings,
): Remedy {
  const closed = results.find(({ closed: refused }) => refused.length > 0);
  return commandRemedy(network.openPorts, openCommand(closed?.tool ?? tool, openings, closed?.place));
}

/** Whether anybody else was heard. */
export function heardFinding(seen: Judged, { results }: ActiveFirewall): Finding {
  const { heard, listenedMs, contacts, offLinkCount, words } = seen;
  const { network } = words;
  if (heard.length > 0) {
    const names = heard.map(({ name, address, via }) =>
      network.heardAt(name, `${address}${via === '' ? '' : network.on(via)}`),
    );
    const count = new Set(heard.map(({ id }) => id)).size;
    return fine('heard', network.heard(count, listed(names, words)));
  }
  if (outerAddresses(seen).length === 0 || isLoopbackOnly(seen))
    return trouble('heard', network.onNoNetwork, network.seeInterfaces);
  const offLinkNote = offLinkCount === 0 ? '' : network.offLink(offLinkCount);
  const expected =
    contacts.length === 0
      ? ''
      : network.notEven(
          listed(
            contacts.map(({ name, address }) => network.lastAt(name, address)),
            words,
          ),
        );
  return trouble(
    'heard',
    network.nobodyHeard(spanOf(listenedMs), expected, offLinkNote),
    results.some(({ closed }) => closed.length > 0)
      ? network.openFirst
      : offLinkCount > 0
        ? network.oneNetwork
        : network.isItRunning,
  );
}

/** Whether each visible firewall admits the packets of peers. */
export function firewallFindings(seen: Judged, { results }: ActiveFirewall): readonly Finding[] {
  const { words } = seen;
  const { network } = words;
  const findings = results.map((result) => firewallFinding(result, seen));
  const denied = seen.firewalls.filter(({ state }) => state === 'denied').map(({ tool }) => tool);
  const failed = seen.firewalls.flatMap((each) =>
    each.state === 'failed' ? [`${each.tool} (${each.reason})`] : [],
  );
  const missing = seen.firewalls.filter(({ state }) => state === 'missing').map(({ tool }) => tool);
  if (denied.length > 0)
    findings.push(fine('firewall', network.rulesForRoot(listed(denied, words), commandsOf(denied, words))));
  if (failed.length > 0) findings.push(fine('firewall', network.rulesUnread(listed(failed, words))));
  if (findings.length === 0) {
    const tools = missing.length === 0 ? '' : network.notInstalled(listed(missing, words));
    findings.push(fine('firewall', network.noFirewall(tools)));
  }
  return findings;
}

const commandsOf = (tools: readonly FirewallTool[], words: DoctorWords): string =>
  listed(
    tools.map((tool) => `sudo ${showCommand[tool]}`),
    words,
  );

/** The command that shows the rules of a firewall. */
const showCommand: Readonly<Record<FirewallTool, string>> = {
  ufw: 'ufw status verbose',
  firewalld: 'firewall-cmd --list-all-zones',
  nft: 'nft list ruleset',
  iptables: 'iptables-save',
  macos: 'socketfilterfw --getglobalstate',
  windows: 'netsh advfirewall show currentprofile',
};

function firewallFinding(
  { tool, closed, unknown, refusingOn, place }: FirewallResult,
  seen: Judged,
): Finding {
  const { words } = seen;
  const { network } = words;
  if (closed.length > 0) {
    const where =
      place.chain === undefined
        ? ''
        : network.chain(`${place.chain.family} ${place.chain.table} ${place.chain.chain}`);
    const zone = place.zone === undefined ? '' : network.zone(place.zone);
    const openings = openingsOf(seen, closed);
    return trouble(
      'firewall',
      network.refuses(
        `${tool}${where}${zone}`,
        portsOfOpenings(closed, words),
        refusingOn.length === 0 ? '' : network.on(listed(refusingOn, words)),
      ),
      commandRemedy('', openCommand(tool, openings, place)),
    );
  }
  if (unknown.length > 0)
    return fine('firewall', network.notClear(tool, portsOfOpenings(unknown, words), showCommand[tool]));
  return fine('firewall', network.admits(tool));
}

/** Opens all ports of a protocol of which one is closed. */
function openingsOf(seen: Judged, closed: readonly Opening[]): Openings {
  const has = (protocol: 'tcp' | 'udp'): boolean => closed.some((each) => each.protocol === protocol);
  return {
    tcp: has('tcp') ? [seen.tcp.listeningPort ?? seen.tcp.wanted] : [],
    udp: has('udp') ? seen.neededUdpPorts : [],
  };
}

function portsOfOpenings(openings: readonly Opening[], { network }: DoctorWords): string {
  const ranges = (['tcp', 'udp'] as const).flatMap((protocol) => {
    const ports = openings.filter((each) => each.protocol === protocol).map(({ port }) => port);
    const shown = rangesOf(ports, '-');
    return shown.length === 0 ? [] : [`${protocol.toUpperCase()} ${shown.join(', ')}`];
  });
  return ranges.join(network.and);
}
