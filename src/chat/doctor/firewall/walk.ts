/**
 * The walk of a packet through the chains of a firewall, as far as the rules can be understood. A condition that is not
 * understood makes the result doubtful, never wrong.
 */
import { doctor as limits } from '../limits.js';

/** The packet in question: the first of a conversation, from a host on the same network. */
export interface Packet {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  readonly interfaceName: string;
}

/** Whether a rule matches a packet. */
export type Match = 'yes' | 'no' | 'maybe';

/** The action of a rule on a packet that it matches. `unknown`: any action is possible. */
export type Action =
  | { readonly type: 'accept' | 'drop' | 'return' | 'none' | 'unknown' }
  | { readonly type: 'jump' | 'goto'; readonly chain: string };

/** One rule. */
export interface Rule {
  readonly matches: (packet: Packet) => Match;
  readonly action: (packet: Packet) => Action;
}

/** A chain of rules. `policy`: the fate of a packet at its end; null: it returns to the chain that jumped here. */
export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly policy: 'accept' | 'drop' | null;
}

/** The result for one packet. `unknown`: some condition is not understood, and the result depends on it. */
export type Verdict = 'open' | 'closed' | 'unknown';

/** Follows a packet from a base chain on. */
export function walk(base: Chain, chainOf: (name: string) => Chain | undefined, packet: Packet): Verdict {
  const doubt = { accept: false, drop: false };
  const end = follow(base, chainOf, packet, doubt, 0) ?? base.policy ?? 'accept';
  if (end === 'accept') return doubt.drop ? 'unknown' : 'open';
  return doubt.accept ? 'unknown' : 'closed';
}

interface Doubt {
  accept: boolean;
  drop: boolean;
}

/** Returns the certain end of the packet in this chain; null: it goes on behind the chain. */
function follow(
  chain: Chain,
  chainOf: (name: string) => Chain | undefined,
  packet: Packet,
  doubt: Doubt,
  depth: number,
): 'accept' | 'drop' | null {
  if (depth > limits.jumpsMax) return null;
  // After a doubtful `return`, a later rule may or may not be reached.
  let hasPerhapsLeft = false;
  for (const rule of chain.rules) {
    const found = rule.matches(packet);
    if (found === 'no') continue;
    const match = hasPerhapsLeft ? 'maybe' : found;
    const action = rule.action(packet);
    switch (action.type) {
      case 'none':
        break;
      case 'return':
        if (found === 'yes') return null;
        hasPerhapsLeft = true;
        break;
      case 'unknown':
        doubt.accept = true;
        doubt.drop = true;
        break;
      case 'accept':
      case 'drop':
        if (match === 'yes') return action.type;
        doubt[action.type] = true;
        if (found === 'yes') return null;
        break;
      case 'jump':
      case 'goto': {
        const target = chainOf(action.chain);
        const end = target === undefined ? null : follow(target, chainOf, packet, doubt, depth + 1);
        if (end !== null && match === 'yes') return end;
        if (end !== null) doubt[end] = true;
        if (found === 'yes' && (end !== null || action.type === 'goto')) return null;
        break;
      }
      default:
        return action satisfies never;
    }
  }
  return null;
}

/** Joins the matches of all conditions of a rule. */
export const all = (matches: readonly Match[]): Match =>
  matches.includes('no') ? 'no' : matches.includes('maybe') ? 'maybe' : 'yes';

/** Turns a match round. */
export const not = (match: Match): Match => (match === 'yes' ? 'no' : match === 'no' ? 'yes' : 'maybe');

/** Returns the match of a certain condition. */
export const matchIf = (isSo: boolean): Match => (isSo ? 'yes' : 'no');

/** Whether a name of an interface fits a pattern, which may end with a wildcard. */
export const fitsName = (pattern: string, name: string): boolean =>
  /[*+]$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** Whether a port is in `6001` or `6000:6009`. */
export function isPortIn(range: string, port: number): boolean {
  const [first = '', last = first] = range.split(/[:-]/);
  return Number(first) <= port && port <= Number(last);
}
