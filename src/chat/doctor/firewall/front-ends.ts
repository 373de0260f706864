/** The rules of ufw and firewalld, as `ufw status verbose` and `firewall-cmd --list-all-zones` print them. Pure. */
import { isPortIn } from './iptables.js';
import type { Packet, Verdict } from './walk.js';

/** Whether ufw refuses anything. */
export const isUfwActive = (text: string): boolean => /^Status: active$/m.test(text);

/** Judges an incoming packet by the first rule of ufw that fits, else by its default. */
export function judgeUfw(text: string, packet: Packet): Verdict {
  if (!isUfwActive(text)) return 'open';
  let doubtful = false;
  for (const line of text.split('\n')) {
    const rule = /^(\S.*?)\s{2,}(ALLOW|DENY|REJECT|LIMIT)(?: IN)?\s{2,}(\S.*)$/.exec(line);
    const [, to = '', action, from = ''] = rule ?? [];
    if (rule === null || to.includes('(v6)') || !fits(to, packet)) continue;
    if (from.startsWith('Anywhere')) return action === 'ALLOW' || action === 'LIMIT' ? 'open' : 'closed';
    doubtful = true;
  }
  if (doubtful) return 'unknown';
  return /^Default: allow \(incoming\)/m.test(text) ? 'open' : 'closed';
}

/** Whether the column `To` covers the packet: `6001`, `6001/tcp`, `6000:6009/udp (Parlance)`, `6000,6001/udp on eth0`. */
function fits(to: string, { protocol, port, interfaceName }: Packet): boolean {
  const [, ports = '', named, on] = /^([\d:,]+|Anywhere)(?:\/(tcp|udp))?(?:.* on (\S+))?/.exec(to) ?? [];
  if (ports === '' || (named !== undefined && named !== protocol)) return false;
  if (on !== undefined && on !== interfaceName) return false;
  return ports === 'Anywhere' || ports.split(',').some((range) => isPortIn(range, port));
}

/** A zone of firewalld with interfaces. */
export interface Zone {
  readonly name: string;
  readonly lines: ReadonlyMap<string, string>;
}

/** Returns the active zones; empty: firewalld does not run. */
export function activeZones(text: string): readonly Zone[] {
  return text.split(/\n(?=\S)/).flatMap((block) => {
    const [head = '', ...rest] = block.split('\n');
    const name = /^(\S+) \(.*\bactive\b.*\)/.exec(head)?.[1];
    if (name === undefined) return [];
    const lines = rest.flatMap((line): [string, string][] => {
      const [, key, value] = /^\s+([\w-]+):\s*(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value ?? '']];
    });
    return [{ name, lines: new Map(lines) }];
  });
}

/** Judges an incoming packet by the zone of its interface. Null: no zone has the interface. */
export function judgeZones(
  zones: readonly Zone[],
  packet: Packet,
): { readonly verdict: Verdict; readonly zone: string } | null {
  const wordsOf = ({ lines }: Zone, key: string): readonly string[] => (lines.get(key) ?? '').split(/\s+/);
  const zone = zones.find((each) => wordsOf(each, 'interfaces').includes(packet.interfaceName));
  if (zone === undefined) return null;
  const isOpen =
    zone.lines.get('target') === 'ACCEPT' ||
    wordsOf(zone, 'services').includes('parlance') ||
    wordsOf(zone, 'ports').some((word) => {
      const [range = '', protocol] = word.split('/');
      return range !== '' && protocol === packet.protocol && isPortIn(range, packet.port);
    });
  const hasRich = (zone.lines.get('rich rules') ?? '') !== '';
  return { verdict: isOpen ? 'open' : hasRich ? 'unknown' : 'closed', zone: zone.name };
}
