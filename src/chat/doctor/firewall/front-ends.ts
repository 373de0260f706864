/** The rules of ufw and firewalld, as `ufw status verbose` and `firewall-cmd --list-all-zones` print them. Pure. */
import { all, isPortIn, matchIf, type Match, type Packet, type Verdict } from './walk.js';

/** Whether ufw refuses anything. */
export const isUfwActive = (text: string): boolean => /^Status: active$/m.test(text);

/** Judges an incoming packet by the first rule of ufw that fits, else by its default. */
export function judgeUfw(text: string, packet: Packet): Verdict {
  if (!isUfwActive(text)) return 'open';
  const doubts = new Set<Verdict>();
  // An earlier rule may have decided otherwise.
  const endOf = (verdict: Verdict): Verdict =>
    [...doubts].every((doubt) => doubt === verdict) ? verdict : 'unknown';
  for (const line of text.split('\n')) {
    const rule = /^(\S.*?)\s{2,}(ALLOW|DENY|REJECT|LIMIT)(?: IN)?\s{2,}(\S.*)$/.exec(line);
    const [, to = '', action, from = ''] = rule ?? [];
    const match = rule === null || to.includes('(v6)') ? 'no' : fits(to, packet);
    if (match === 'no') continue;
    const verdict = action === 'ALLOW' || action === 'LIMIT' ? 'open' : 'closed';
    if (match === 'yes' && from.startsWith('Anywhere')) return endOf(verdict);
    doubts.add(verdict);
  }
  return endOf(/^Default: allow \(incoming\)/m.test(text) ? 'open' : 'closed');
}

/**
 * Whether the column `To` covers the packet: `6001`, `6001/tcp`, `6000:6009/udp (Parlance)`, `6000,6001/udp on eth0`. A
 * host in front, as in `192.168.1.5 6001/tcp`, is one of this machine's addresses or another one.
 */
function fits(to: string, { protocol, port, interfaceName }: Packet): Match {
  const [, host, rest = ''] = /^(\d+\.\d+\.\d+\.\d+(?:\/\d+)?)?\s*(.*)$/.exec(to) ?? [];
  const [, ports] = /^([\d:,]+|Anywhere)(?=[/\s]|$)/.exec(rest) ?? [];
  if (ports === undefined && host === undefined) return 'no';
  const [, named] = /^\S*\/(tcp|udp)\b/.exec(rest) ?? [];
  const [, on] = /(?:^|\s)on (\S+)/.exec(rest) ?? [];
  const isPort =
    ports === undefined || ports === 'Anywhere' || ports.split(',').some((range) => isPortIn(range, port));
  return all([
    matchIf(isPort),
    matchIf(named === undefined || named === protocol),
    matchIf(on === undefined || on === interfaceName),
    host === undefined ? 'yes' : 'maybe',
  ]);
}

/** An active zone of firewalld. */
export interface Zone {
  readonly name: string;
  readonly lines: ReadonlyMap<string, string>;
  /** The lines below `rich rules:`. Their conditions are not read. */
  readonly richRules: readonly string[];
}

/** Returns the active zones; empty: firewalld does not run. */
export function activeZones(text: string): readonly Zone[] {
  return text.split(/\n(?=\S)/).flatMap((block) => {
    const [head = '', ...rest] = block.split('\n');
    const name = /^(\S+) \(.*\bactive\b.*\)/.exec(head)?.[1];
    if (name === undefined) return [];
    const lines = rest.flatMap((line): [string, string][] => {
      const [, key, value] = /^\s+([\w-]+(?: [\w-]+)*):\s*(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value ?? '']];
    });
    const richRules = rest.filter((line) => /^\s+(?:rich rules:\s*)?rule /.test(line));
    return [{ name, lines: new Map(lines), richRules }];
  });
}

/**
 * Judges an incoming packet by the zone of its interface. Null: no zone has the interface. A zone with sources takes
 * packets from these before, and it is not known whether a peer is one of them.
 */
export function judgeZones(
  zones: readonly Zone[],
  packet: Packet,
): { readonly verdict: Verdict; readonly zone: string } | null {
  const zone = zones.find((each) => wordsOf(each, 'interfaces').includes(packet.interfaceName));
  if (zone === undefined) return null;
  const verdict = judgeZone(zone, packet);
  const isAgreed = zones
    .filter((each) => wordsOf(each, 'sources').length > 0)
    .every((each) => judgeZone(each, packet) === verdict);
  return { verdict: isAgreed ? verdict : 'unknown', zone: zone.name };
}

const wordsOf = ({ lines }: Zone, key: string): readonly string[] =>
  (lines.get(key) ?? '').split(/\s+/).filter((word) => word !== '');

function judgeZone(zone: Zone, packet: Packet): Verdict {
  const isOpen =
    zone.lines.get('target') === 'ACCEPT' ||
    wordsOf(zone, 'services').includes('parlance') ||
    wordsOf(zone, 'protocols').includes(packet.protocol) ||
    wordsOf(zone, 'ports').some((word) => {
      const [range = '', protocol] = word.split('/');
      return protocol === packet.protocol && isPortIn(range, packet.port);
    });
  const hasRich = (action: RegExp): boolean => zone.richRules.some((line) => action.test(line));
  if (isOpen) return hasRich(/\b(?:reject|drop)\b/) ? 'unknown' : 'open';
  return hasRich(/\baccept\b/) || wordsOf(zone, 'source-ports').length > 0 ? 'unknown' : 'closed';
}
