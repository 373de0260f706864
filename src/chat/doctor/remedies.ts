/** Remedies: the commands that open what Parlance needs, and words that several rules share. */
import { shellWord } from '../../shell-word.js';
import type { FirewallTool } from './observations.js';
import type { DoctorWords } from './words.js';
import { doctor as limits } from './limits.js';

/** The ports to open. */
export interface Openings {
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

/** The place of the rules that refuse. `interfaceName`: set where they refuse on one interface alone. */
export interface RulePlace {
  /** The chain of nftables. */
  readonly chain?: { readonly family: string; readonly table: string; readonly chain: string };
  /** The zone of firewalld. */
  readonly zone?: string;
  readonly interfaceName?: string | undefined;
}

/** Returns the command that opens the ports in this firewall. */
export function openCommand(tool: FirewallTool, openings: Openings, place: RulePlace = {}): string {
  const each = (separator: string) =>
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      rangesOf(openings[protocol], separator).map((range) => ({ protocol, range })),
    );
  const on = place.interfaceName === undefined ? null : shellWord(place.interfaceName);
  switch (tool) {
    case 'ufw':
      return joined(
        each(':').map(({ protocol, range }) =>
          on === null
            ? `sudo ufw allow ${range}/${protocol}`
            : `sudo ufw allow in on ${on} to any port ${range} proto ${protocol}`,
        ),
      );
    case 'firewalld': {
      const zone = place.zone === undefined ? '' : ` --zone=${place.zone}`;
      const ports = each('-').map(({ protocol, range }) => `--add-port=${range}/${protocol}`);
      return `sudo firewall-cmd --permanent${zone} ${ports.join(' ')} && sudo firewall-cmd --reload`;
    }
    case 'nft': {
      const { family, table, chain } = place.chain ?? { family: 'inet', table: 'filter', chain: 'input' };
      const from = on === null ? '' : `iifname ${on} `;
      const rules = (['tcp', 'udp'] as const).flatMap((protocol) =>
        openings[protocol].length === 0 ? [] : [`${from}${nftRule(protocol, openings[protocol])}`],
      );
      return joined(rules.map((rule) => `sudo nft insert rule ${family} ${table} ${chain} ${rule}`));
    }
    case 'iptables':
      return joined(
        each(':').map(
          ({ protocol, range }) =>
            `sudo iptables -I INPUT${on === null ? '' : ` -i ${on}`} -p ${protocol} --dport ${range} -j ACCEPT`,
        ),
      );
    case 'macos':
      return 'sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add "$(which node)" --unblockapp "$(which node)"';
    case 'windows':
      return joined(
        each('-').map(
          ({ protocol, range }) =>
            `netsh advfirewall firewall add rule name=Parlance dir=in action=allow protocol=${protocol} localport=${range}`,
        ),
      );
    default:
      return tool satisfies never;
  }
}

/** Returns the command that lets own datagrams out; on macOS, the one that shows the rules for them. */
export function openOutCommand(tool: FirewallTool, ports: readonly number[]): string {
  const each = (separator: string, command: (range: string) => string): string =>
    joined(rangesOf(ports, separator).map(command));
  switch (tool) {
    case 'ufw':
      return each(':', (range) => `sudo ufw allow out ${range}/udp`);
    case 'firewalld':
    case 'iptables':
      return each(':', (range) => `sudo iptables -I OUTPUT -p udp --dport ${range} -j ACCEPT`);
    case 'nft':
      return `sudo nft insert rule inet filter output ${nftRule('udp', ports)}`;
    case 'macos':
      return 'sudo pfctl -s rules';
    case 'windows':
      return each(
        '-',
        (range) =>
          `netsh advfirewall firewall add rule name=Parlance dir=out action=allow protocol=udp remoteport=${range}`,
      );
    default:
      return tool satisfies never;
  }
}

function nftRule(protocol: 'tcp' | 'udp', ports: readonly number[]): string {
  const ranges = rangesOf(ports, '-');
  const set = ranges.length === 1 ? ranges.join('') : `{ ${ranges.join(', ')} }`;
  return `${protocol} dport ${set} accept`;
}

/** Returns the command that shows an interface. */
export function showInterfaceCommand(platform: string, name: string): string {
  if (platform === 'win32') return 'ipconfig /all';
  return platform === 'darwin' ? `ifconfig ${shellWord(name)}` : `ip address show dev ${shellWord(name)}`;
}

/** Returns the command that sets a clock by the network. */
export function setClockCommand(platform: string): string {
  if (platform === 'win32') return 'w32tm /resync';
  return platform === 'darwin' ? 'sudo sntp -sS time.apple.com' : 'sudo timedatectl set-ntp true';
}

const joined = (commands: readonly string[]): string => commands.join(' && ');

/** Joins neighbouring ports: `6000:6009`, `7000`. */
export function rangesOf(ports: readonly number[], separator: string): readonly string[] {
  const sorted = [...new Set(ports)].toSorted((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const port of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === port - 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}${separator}${last}`));
}

/** Lists words in a sentence, at most some of them. */
export function listed(items: readonly string[], { andMore }: DoctorWords): string {
  const shown = items.slice(0, limits.listedMax).join(', ');
  const rest = items.length - limits.listedMax;
  return rest > 0 ? andMore(shown, rest) : shown;
}

/** Returns a time in words: `3 s`, `5 min`, `2 h`. */
export function spanOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Returns the meaning of a system error code for people. */
export const meaningOf = (code: string, { meaning }: DoctorWords): string => meaning(code) ?? code;
