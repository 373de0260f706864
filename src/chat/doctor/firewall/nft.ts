/** The rules of nftables, as `nft -j list ruleset` prints them. Pure. */
import { isJsonObject, parseBoundedJson, type JsonObject, type JsonValue } from '../../../wire/json/parse.js';
import { doctor as limits } from '../limits.js';
import {
  all,
  fitsName,
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

/** A base chain that takes incoming packets. */
interface Base {
  readonly family: string;
  readonly table: string;
  readonly priority: number;
  readonly chain: Chain;
}

/** The rules of nftables. */
export interface NftRules {
  readonly bases: readonly Base[];
  readonly chainOf: (base: Base, name: string) => Chain | undefined;
}

/** A chain that refuses the packet, so that the remedy can name it. */
export interface NftVerdict {
  readonly verdict: Verdict;
  readonly place: { readonly family: string; readonly table: string; readonly chain: string } | null;
}

const families = ['inet', 'ip'];

const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** Reads the rules. Null: the text does not hold rules. */
export function readNft(text: string): NftRules | null {
  const parsed = parseBoundedJson(text, { bytesMax: limits.outputBytesMax, keysMax: 1e6, depthMax: 64 });
  const root = parsed.unwrapOr(null);
  const items = isJsonObject(root) ? root['nftables'] : undefined;
  if (!isList(items)) return null;
  const objects = items.filter(isJsonObject);
  const rules = new Map<string, Rule[]>();
  for (const { rule } of objects) {
    if (!isJsonObject(rule)) continue;
    const key = keyOf(rule, rule['chain']);
    rules.set(key, [...(rules.get(key) ?? []), ruleOf(rule['expr'])]);
  }
  const chains = new Map<string, Chain>();
  const bases: Base[] = [];
  for (const { chain } of objects) {
    if (!isJsonObject(chain)) continue;
    const key = keyOf(chain, chain['name']);
    const policy = chain['hook'] === undefined ? null : chain['policy'] === 'drop' ? 'drop' : 'accept';
    const made: Chain = { name: wordOf(chain['name']), rules: rules.get(key) ?? [], policy };
    chains.set(key, made);
    const family = wordOf(chain['family']);
    if (chain['hook'] !== 'input' || chain['type'] !== 'filter' || !families.includes(family)) continue;
    const priority = typeof chain['prio'] === 'number' ? chain['prio'] : 0;
    bases.push({ family, table: wordOf(chain['table']), priority, chain: made });
  }
  return {
    bases: bases.toSorted((a, b) => a.priority - b.priority),
    chainOf: ({ family, table }, name) => chains.get(keyOf({ family, table }, name)),
  };
}

/** Judges a packet: every base chain must accept it. */
export function judgeNft({ bases, chainOf }: NftRules, packet: Packet): NftVerdict {
  let doubtful: NftVerdict | null = null;
  for (const base of bases) {
    const verdict = walk(base.chain, (name) => chainOf(base, name), packet);
    const place = { family: base.family, table: base.table, chain: base.chain.name };
    if (verdict === 'closed') return { verdict, place };
    if (verdict === 'unknown') doubtful ??= { verdict, place };
  }
  return doubtful ?? { verdict: 'open', place: null };
}

/** Returns a text or a number as text; anything else is empty, and names nothing. */
const wordOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const keyOf = ({ family, table }: JsonObject, name: JsonValue | undefined): string =>
  [family, table, name].map(wordOf).join(' ');

function ruleOf(expressions: JsonValue | undefined): Rule {
  const parts = isList(expressions) ? expressions.filter(isJsonObject) : [];
  return {
    matches: (packet) => all(parts.map((part) => matchOf(part, packet))),
    action: (packet) =>
      parts.map((part) => actionOf(part, packet)).find(({ type }) => type !== 'none') ?? none,
  };
}

const none: Action = { type: 'none' };
const unknown: Action = { type: 'unknown' };
/** Statements that neither match nor decide. */
const neutralStatements = ['counter', 'log', 'comment', 'notrack', 'quota', 'mangle'];
const decisions = ['accept', 'drop', 'reject', 'return', 'jump', 'goto', 'vmap', 'queue'];

function matchOf(part: JsonObject, packet: Packet): Match {
  const [name = ''] = Object.keys(part);
  if (neutralStatements.includes(name) || decisions.includes(name)) return 'yes';
  const match = part['match'];
  if (!isJsonObject(match) || !isJsonObject(match['left'])) return 'maybe';
  const found = matchValue(match['left'], match['right'], packet);
  return match['op'] === '!=' ? not(found) : found;
}

function matchValue(left: JsonObject, right: JsonValue | undefined, packet: Packet): Match {
  const { meta, ct, payload } = left;
  // The members of a set with a name are not read.
  if (!isJsonObject(payload) && isNamedSet(right)) return 'maybe';
  if (isJsonObject(meta)) return metaMatch(wordOf(meta['key']), right, packet);
  if (isJsonObject(ct)) return ct['key'] === 'state' ? matchIf(valuesOf(right).includes('new')) : 'maybe';
  if (!isJsonObject(payload)) return 'maybe';
  const [protocol, field] = [payload['protocol'], payload['field']];
  if (protocol === 'ip' && field === 'protocol')
    return isNamedSet(right) ? 'maybe' : matchIf(valuesOf(right).includes(packet.protocol));
  if (protocol === 'tcp' || protocol === 'udp') {
    if (protocol !== packet.protocol) return 'no';
  } else if (protocol !== 'th') return 'maybe';
  return field === 'dport' ? portMatch(right, packet.port) : 'maybe';
}

function metaMatch(key: string, right: JsonValue | undefined, packet: Packet): Match {
  const values = valuesOf(right);
  switch (key) {
    case 'iif':
    case 'iifname':
      return matchIf(values.some((value) => fitsName(wordOf(value), packet.interfaceName)));
    case 'l4proto':
      return matchIf(values.includes(packet.protocol));
    case 'nfproto':
      return matchIf(values.includes('ipv4'));
    case 'pkttype':
      return matchIf(values.includes(packet.protocol === 'udp' ? 'broadcast' : 'host'));
    default:
      return 'maybe';
  }
}

function portMatch(right: JsonValue | undefined, port: number): Match {
  let isDoubtful = false;
  for (const value of valuesOf(right)) {
    if (value === port) return 'yes';
    const range = isJsonObject(value) ? value['range'] : undefined;
    if (isList(range)) {
      const [first = 0, last = 0] = range.map(Number);
      if (first <= port && port <= last) return 'yes';
    } else if (typeof value !== 'number') isDoubtful = true;
  }
  return isDoubtful ? 'maybe' : 'no';
}

const isNamedSet = (right: JsonValue | undefined): boolean =>
  typeof right === 'string' && right.startsWith('@');

/** Returns the single values of a comparison: a value, a list, an anonymous set or joined flags. */
function valuesOf(right: JsonValue | undefined): readonly JsonValue[] {
  if (right === undefined) return [];
  const inner = isJsonObject(right) ? (right['set'] ?? right['|']) : right;
  return (isList(inner) ? inner : [right]).map(valueOf);
}

/** Returns the value of an element, which may carry a counter or a remark. */
function valueOf(element: JsonValue): JsonValue {
  const elem = isJsonObject(element) ? element['elem'] : undefined;
  return isJsonObject(elem) ? (elem['val'] ?? element) : element;
}

function actionOf(part: JsonObject, packet: Packet): Action {
  if ('accept' in part) return { type: 'accept' };
  if ('drop' in part || 'reject' in part) return { type: 'drop' };
  if ('return' in part) return { type: 'return' };
  // Another program decides.
  if ('queue' in part) return unknown;
  for (const type of ['jump', 'goto'] as const) {
    const jump = part[type];
    if (isJsonObject(jump)) return { type, chain: wordOf(jump['target']) };
  }
  const { vmap } = part;
  return isJsonObject(vmap) ? chosenBy(vmap, packet) : none;
}

/** Returns the entry of a verdict map that fits the packet. A map with a name, or a key that is not understood, is unknown. */
function chosenBy({ key, data }: JsonObject, packet: Packet): Action {
  const entries = isJsonObject(data) ? data['set'] : undefined;
  if (!isJsonObject(key)) return unknown;
  if (!isList(entries)) return matchValue(key, data, packet) === 'no' ? none : unknown;
  let rest: Action = none;
  for (const entry of entries) {
    const [value, verdict] = isList(entry) ? entry : [];
    if (!isJsonObject(verdict)) return unknown;
    // This key stands for every other one.
    const match = valueOf(value ?? '') === '*' ? 'rest' : matchValue(key, value, packet);
    if (match === 'yes') return actionOf(verdict, packet);
    if (match === 'maybe') rest = unknown;
    if (match === 'rest' && rest.type !== 'unknown') rest = actionOf(verdict, packet);
  }
  return rest;
}
