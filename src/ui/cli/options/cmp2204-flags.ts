/** The flags of `send` for cmp2204. They are refused for every other peer. Pure. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { resolvePeer, type SendViaOptions } from '../../../index.js';
import type { CliError } from '../errors.js';
import { roles as limits } from '../limits.js';
import { usage } from '../run.js';

/** The flags of `send` for cmp2204. */
export interface Cmp2204Flags {
  readonly secure?: boolean;
  readonly plain?: boolean;
  readonly number?: number;
}

/** The options of a message to cmp2204, and the flag that asked for them. */
export interface Cmp2204Options {
  /** Flag that the user gave. */
  readonly flag: '--secure' | '--plain' | '--number';
  readonly via: SendViaOptions;
}

/**
 * Returns the options of a message to cmp2204; `null`: no flag was given. `prime`: prime of the key exchange, where the
 * environment names one. Errors: `command/usage` for a peer of another dialect, and for a number that the older program
 * refuses.
 */
export function cmp2204OptionsOf(
  { secure, plain, number }: Cmp2204Flags,
  peer: string,
  prime: string | undefined,
): Result<Cmp2204Options | null, CliError> {
  if (secure === undefined && plain === undefined && number === undefined) return ok(null);
  const flag = number === undefined ? (plain === true ? '--plain' : '--secure') : '--number';
  const dialect = dialectOf(peer);
  if (dialect !== null && dialect !== 'cmp2204') return err(misplaced(flag, peer, dialect));
  const numberMax = BigInt(prime !== undefined && /^\d+$/.test(prime) ? prime : limits.toyPrime);
  if (number !== undefined && BigInt(number) > numberMax)
    return err(usage('send', catalogue().commands.numberRange(numberMax, number)));
  const via = { isPlain: plain === true, ...(number === undefined ? {} : { privateNumber: number }) };
  return ok({ flag, via });
}

/** Returns the failure of a flag that is not for this peer. */
export function misplaced(flag: Cmp2204Options['flag'], peer: string, dialect: string): CliError {
  const other =
    dialect === 'native' ? catalogue().commands.runsParlance : catalogue().commands.speaks(dialect);
  return usage('send', catalogue().commands.flagForCmp2204(flag, peer, other));
}

/** Returns the dialect that the word names; `null` for a name, which the node looks up. */
function dialectOf(peer: string): string | null {
  const target = resolvePeer(peer, []);
  if (target.isErr()) return null;
  return target.value.type === 'foreign' ? target.value.dialect : 'native';
}
