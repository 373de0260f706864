/** The options of an embedder or the command line for older programs, checked. */
import { err, ok, type Result } from 'neverthrow';
import { parseGroup } from '../../dialects/cmp2204/cipher.js';
import type { ForeignDialectName } from '../../dialects/dialect.js';
import { foreignDialects } from '../../dialects/sniff.js';
import { parseMandatoryPeers } from '../../dialects/synergy/peers.js';
import type { DialectError } from '../../dialects/errors.js';
import { foreign as foreignLimits } from '../limits.js';
import { foreignPorts } from '../../dialects/limits.js';
import { parsePort } from '../../wire/address.js';
import type { NodeOptions } from '../handle.js';
import type { ForeignArgs } from '../../chat/foreign/state.js';

/** Checked settings for older programs. */
export interface ForeignSettings extends ForeignArgs {
  /** Ports of single dialects, in the order in which they are opened. */
  readonly ports: readonly { readonly dialect: ForeignDialectName; readonly port: number }[];
}

/** Checks the options for older programs. Errors: `dialect/bad-option`. */
export function readForeignSettings(options: NodeOptions): Result<ForeignSettings, DialectError> {
  const named = options.dialects ?? [];
  const enabled = new Set<ForeignDialectName>();
  for (const word of options.secureOnly === true ? [] : named) {
    const names = word === 'all' ? dialectNames : dialectNames.filter((name) => name === word);
    if (names.length === 0) return wrong(word, 'there is no such dialect');
    for (const name of names) enabled.add(name);
  }
  const greet = parseMandatoryPeers((options.greet ?? []).join(' '));
  if (greet.isErr()) return wrong('synergy', `"${greet.error}" to greet is not IP:PORT`);
  const group = parseGroup(options.toyGroup?.p, options.toyGroup?.q);
  if (group.isErr()) return wrong('cmp2204', group.error);
  return readPorts(options.listen ?? [], enabled).map((ports) => ({
    enabled,
    secureOnly: options.secureOnly ?? false,
    ports,
    greet: greet.value,
    group: group.value,
    sendTimeoutMs: options.sendTimeoutMs ?? foreignLimits.sendDeadlineMs,
  }));
}

const dialectNames = Object.values(foreignDialects).map(({ name }) => name);

/** Dialects that only their port distinguishes. */
const ownPorts = { chatbuddy: foreignPorts.chatbuddy, cse310: foreignPorts.cse310 } as const;

function readPorts(
  words: readonly string[],
  enabled: ReadonlySet<ForeignDialectName>,
): Result<ForeignSettings['ports'], DialectError> {
  const ports = new Map<ForeignDialectName, number>(
    Object.values(foreignDialects).flatMap(({ name }) =>
      name === 'chatbuddy' || name === 'cse310' ? [[name, ownPorts[name]] as const] : [],
    ),
  );
  for (const word of words) {
    const [name = '', digits = ''] = word.split('=', 2);
    const dialect = dialectNames.find((each) => each === name);
    const port = digits === '0' ? 0 : parsePort(digits);
    if (dialect === undefined || port === null)
      return wrong(name, `"${word}" to listen on is not DIALECT=PORT`);
    ports.set(dialect, port);
  }
  return ok([...ports].flatMap(([dialect, port]) => (enabled.has(dialect) ? [{ dialect, port }] : [])));
}

const wrong = (dialect: string, detail: string) =>
  err<never, DialectError>({ code: 'dialect/bad-option', dialect, detail });
