/** Findings about the network: own announcements that come back, others that are heard, firewalls. Pure. */
import { commandRemedy, fine, trouble, type Check, type Finding, type Remedy } from './finding.js';
import type { ActiveFirewall, FirewallResult, Opening } from './firewall/active.js';
import { isLoopbackOnly, outerAddresses } from './machine.js';
import type { Echo, FirewallTool, Observations } from './observations.js';
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

const echoWords = {
  loopback: 'on this machine',
  broadcast: 'by broadcast',
  multicast: 'by multicast (IPv6)',
} as const satisfies Record<Echo['kind'], string>;

/** Whether own datagrams come back, for each way that there is. */
export function echoFindings(seen: Observations, firewall: ActiveFirewall): readonly Finding[] {
  return (['loopback', 'broadcast', 'multicast'] as const).flatMap((kind) => {
    const echoes = seen.echoes.filter((echo) => echo.kind === kind);
    return echoes.length === 0 ? [] : [echoFinding(kind, echoes, seen, firewall)];
  });
}

const nameOf = ({ interfaceName, target }: Echo): string => `${interfaceName} (${target})`;

function echoFinding(
  kind: Check & Echo['kind'],
  echoes: readonly Echo[],
  seen: Observations,
  firewall: ActiveFirewall,
): Finding {
  const lost = echoes.filter(({ isHeard }) => !isHeard);
  const [first] = lost;
  if (first === undefined)
    return fine(kind, `own announcements ${echoWords[kind]} come back on ${listed(echoes.map(nameOf))}`);
  const { sendProblem } = first;
  const where = listed(lost.map(nameOf));
  if (sendProblem !== null) {
    const words = `announcements ${echoWords[kind]} cannot be sent on ${where}: ${meaningOf(sendProblem)}`;
    const remedy =
      sendProblem === 'EPERM'
        ? commandRemedy(outWords(firewall.tool), openOutCommand(firewall.tool, portsOf(seen)))
        : commandRemedy('check the interface: ', showInterfaceCommand(seen.platform, first.interfaceName));
    return trouble(kind, words, remedy);
  }
  return trouble(
    kind,
    `own announcements ${echoWords[kind]} do not come back on ${where}: something on this machine drops them`,
    remedyOfFirewall(firewall, { tcp: [], udp: seen.neededUdpPorts }),
  );
}

const outWords = (tool: FirewallTool): string =>
  tool === 'macos' ? 'let outgoing UDP through; its rules: ' : 'let outgoing UDP through: ';

const portsOf = ({ udp }: Observations): readonly number[] => udp.map(({ port }) => port);

/** Returns the remedy for the firewall that refuses, else for the one that is there. */
function remedyOfFirewall({ tool, results }: ActiveFirewall, openings: Openings): Remedy {
  const closed = results.find(({ closed: refused }) => refused.length > 0);
  return commandRemedy('open the ports: ', openCommand(closed?.tool ?? tool, openings, closed?.place));
}

/** Whether anybody else was heard. */
export function heardFinding(seen: Observations, { results }: ActiveFirewall): Finding {
  const { heard, listenedMs, contacts, offLinkCount } = seen;
  if (heard.length > 0) {
    const words = heard.map(
      ({ name, address, via }) => `${name} (${address}${via === '' ? '' : ` on ${via}`})`,
    );
    const count = new Set(heard.map(({ id }) => id)).size;
    return fine('heard', `${count} heard: ${listed(words)}`);
  }
  if (outerAddresses(seen).length === 0 || isLoopbackOnly(seen))
    return trouble('heard', 'nobody else was heard, since this machine is on no network', 'see "interfaces"');
  const offLinkNote =
    offLinkCount === 0
      ? ''
      : `; ${offLinkCount} datagrams came from machines with addresses of another network`;
  const expected =
    contacts.length === 0
      ? ''
      : `, not even ${listed(contacts.map(({ name, address }) => `${name} (last at ${address})`))}`;
  return trouble(
    'heard',
    `nobody else was heard in ${spanOf(listenedMs)}${expected}${offLinkNote}`,
    results.some(({ closed }) => closed.length > 0)
      ? 'open the firewall of this machine first, see "firewall"'
      : offLinkCount > 0
        ? 'give all machines addresses of one network (same router, same mask)'
        : 'is Parlance running on another machine of this network? Run "parlance doctor" there, and "parlance doctor HOST:PORT" here',
  );
}

/** Whether each visible firewall admits the packets of peers. */
export function firewallFindings(seen: Observations, { results }: ActiveFirewall): readonly Finding[] {
  const findings = results.map((result) => firewallFinding(result, seen));
  const denied = seen.firewalls.filter(({ state }) => state === 'denied').map(({ tool }) => tool);
  const failed = seen.firewalls.flatMap((each) =>
    each.state === 'failed' ? [`${each.tool} (${each.reason})`] : [],
  );
  const missing = seen.firewalls.filter(({ state }) => state === 'missing').map(({ tool }) => tool);
  if (denied.length > 0)
    findings.push(
      fine('firewall', `the rules of ${listed(denied)} can be read by root alone: ${commandsOf(denied)}`),
    );
  if (failed.length > 0) findings.push(fine('firewall', `the rules of ${listed(failed)} could not be read`));
  if (findings.length === 0) {
    const tools = missing.length === 0 ? '' : ` (${listed(missing)} not installed)`;
    findings.push(fine('firewall', `no firewall of this machine is visible${tools}`));
  }
  return findings;
}

const commandsOf = (tools: readonly FirewallTool[]): string =>
  listed(tools.map((tool) => `sudo ${showCommand[tool]}`));

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
  seen: Observations,
): Finding {
  if (closed.length > 0) {
    const where =
      place.chain === undefined
        ? ''
        : ` (chain ${place.chain.family} ${place.chain.table} ${place.chain.chain})`;
    const zone = place.zone === undefined ? '' : ` (zone ${place.zone})`;
    const openings = openingsOf(seen, closed);
    return trouble(
      'firewall',
      `${tool}${where}${zone} refuses ${wordsOf(closed)}${refusingOn.length === 0 ? '' : ` on ${listed(refusingOn)}`}`,
      commandRemedy('', openCommand(tool, openings, place)),
    );
  }
  if (unknown.length > 0)
    return fine(
      'firewall',
      `${tool}: it is not clear whether ${wordsOf(unknown)} is admitted: ${showCommand[tool]}`,
    );
  return fine('firewall', `${tool} admits what is needed`);
}

/** Opens all ports of a protocol of which one is closed. */
function openingsOf(seen: Observations, closed: readonly Opening[]): Openings {
  const has = (protocol: 'tcp' | 'udp'): boolean => closed.some((each) => each.protocol === protocol);
  return {
    tcp: has('tcp') ? [seen.tcp.listeningPort ?? seen.tcp.wanted] : [],
    udp: has('udp') ? seen.neededUdpPorts : [],
  };
}

function wordsOf(openings: readonly Opening[]): string {
  const ranges = (['tcp', 'udp'] as const).flatMap((protocol) => {
    const ports = openings.filter((each) => each.protocol === protocol).map(({ port }) => port);
    const words = rangesOf(ports, '-');
    return words.length === 0 ? [] : [`${protocol.toUpperCase()} ${words.join(', ')}`];
  });
  return ranges.join(' and ');
}
