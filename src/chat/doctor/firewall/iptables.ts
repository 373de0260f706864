/** The rules of iptables, as `iptables-save` prints them. Pure. */
import {
  all,
  fitsName,
  isPortIn,
  not,
  walk,
  matchIf,
  type Action,
  type Chain,
  type Match,
  type Packet,
  type Rule,
  type Verdict,
} from './walk.js';

/** The chains of the table `filter`, by name. */
export type IptablesRules = ReadonlyMap<string, Chain>;

/** Reads the rules. Null: the text has no table `filter`, so nothing is refused. */
export function readIptables(text: string): IptablesRules | null {
  const start = text.search(/^\*filter$/m);
  if (start < 0) return null;
  const lines = text.slice(start).split('\n');
  const end = lines.findIndex((line) => line.startsWith('COMMIT'));
  const policies = new Map<string, Chain['policy']>();
  const rules = new Map<string, Rule[]>();
  for (const line of lines.slice(1, end < 0 ? undefined : end)) {
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain !== null) {
      const [, name = '', policy] = chain;
      policies.set(name, policy === 'DROP' ? 'drop' : policy === 'ACCEPT' ? 'accept' : null);
    }
    const rule = /^-A (\S+) (.*)$/.exec(line);
    if (rule === null) continue;
    const [, name = '', rest = ''] = rule;
    rules.set(name, [...(rules.get(name) ?? []), ruleOf(wordsOf(rest))]);
  }
  return new Map(
    [...policies].map(([name, policy]) => [name, { name, policy, rules: rules.get(name) ?? [] }]),
  );
}

/** Judges an incoming packet. */
export function judgeIptables(rules: IptablesRules, packet: Packet): Verdict {
  const input = rules.get('INPUT');
  return input === undefined ? 'open' : walk(input, (name) => rules.get(name), packet);
}

/** Splits a rule into words; a text in quotes is one word. */
const wordsOf = (text: string): readonly string[] => text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];

interface Condition {
  readonly option: string;
  readonly values: readonly string[];
  readonly isInverted: boolean;
}

function ruleOf(words: readonly string[]): Rule {
  const conditions: Condition[] = [];
  let action: Action = { type: 'none' };
  for (let at = 0; at < words.length; at += 1) {
    const isInverted = words[at] === '!';
    if (isInverted) at += 1;
    const option = words[at] ?? '';
    const values: string[] = [];
    while (at + 1 < words.length && !(words[at + 1] ?? '').startsWith('-') && words[at + 1] !== '!') {
      at += 1;
      values.push(words[at] ?? '');
    }
    if (option === '-j' || option === '--jump') action = actionOf(values[0] ?? '', 'jump');
    else if (option === '-g' || option === '--goto') action = actionOf(values[0] ?? '', 'goto');
    else conditions.push({ option, values, isInverted });
  }
  return {
    matches: (packet) => all(conditions.map((condition) => matchOf(condition, packet))),
    action: () => action,
  };
}

function matchOf({ option, values, isInverted }: Condition, packet: Packet): Match {
  const found = plainMatch(option, values[0] ?? '', packet);
  return isInverted ? not(found) : found;
}

/** Options of a target or a remark, which match everything. */
const neutralOptions = [
  '--comment',
  '--reject-with',
  '--log-prefix',
  '--log-level',
  '--nflog-prefix',
  '--nflog-group',
];
/** Matches that only load the code of the options behind them. */
const loaders = ['tcp', 'udp', 'state', 'conntrack', 'comment', 'multiport', 'pkttype', 'addrtype', 'limit'];

function plainMatch(option: string, value: string, { protocol, port, interfaceName }: Packet): Match {
  if (neutralOptions.includes(option)) return 'yes';
  const values = value.split(',');
  switch (option) {
    case '-m':
      return loaders.includes(value) ? 'yes' : 'maybe';
    case '-i':
      return matchIf(fitsName(value, interfaceName));
    case '-p':
      return matchIf(value === protocol || value === 'all');
    case '--dport':
    case '--dports':
      return matchIf(values.some((each) => isPortIn(each, port)));
    case '--state':
    case '--ctstate':
      return matchIf(values.includes('NEW'));
    case '--pkt-type':
      return matchIf(value === (protocol === 'udp' ? 'broadcast' : 'unicast'));
    case '--dst-type':
      return matchIf(values.includes(protocol === 'udp' ? 'BROADCAST' : 'LOCAL'));
    default:
      return 'maybe';
  }
}

function actionOf(target: string, type: 'jump' | 'goto'): Action {
  switch (target) {
    case 'ACCEPT':
      return { type: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { type: 'drop' };
    case 'RETURN':
      return { type: 'return' };
    case 'LOG':
    case 'NFLOG':
    case 'MARK':
      return { type: 'none' };
    default:
      return { type, chain: target };
  }
}
