/** How `send` is to speak: flags that only cmp2204 knows, and are refused wherever they would mean nothing. Pure. */
import { err, ok, type Result } from 'neverthrow';
import { resolvePeer, type ParlanceError, type SendViaOptions } from '../../../index.js';
import { roles as limits } from '../limits.js';
import { usage } from '../run.js';

export interface MannerFlags {
  readonly secure?: boolean;
  readonly plain?: boolean;
  readonly number?: number;
}

export interface Manner {
  /** The flag that asked for it. */
  readonly flag: '--secure' | '--plain' | '--number';
  readonly via: SendViaOptions;
}

/**
 * `null`: nothing was said about it. `prime`: of the toy key exchange, where the environment names one. Errors:
 * `command/usage` for a peer who cannot be spoken to so, and for a number that the older program would not take.
 */
export function mannerOf(
  { secure, plain, number }: MannerFlags,
  peer: string,
  prime: string | undefined,
): Result<Manner | null, ParlanceError> {
  if (secure === undefined && plain === undefined && number === undefined) return ok(null);
  const flag = number === undefined ? (plain === true ? '--plain' : '--secure') : '--number';
  const dialect = dialectOf(peer);
  if (dialect !== null && dialect !== 'cmp2204') return err(misplaced(flag, peer, dialect));
  const numberMax = BigInt(prime !== undefined && /^\d+$/.test(prime) ? prime : limits.toyPrime);
  if (number !== undefined && BigInt(number) > numberMax)
    return err(usage('send', `--number is one from 1 to ${numberMax}, not ${number}`));
  const via = { isPlain: plain === true, ...(number === undefined ? {} : { privateNumber: number }) };
  return ok({ flag, via });
}

export function misplaced(flag: Manner['flag'], peer: string, dialect: string): ParlanceError {
  const who = dialect === 'native' ? 'is a peer of Parlance, always encrypted' : `speaks ${dialect}`;
  return usage('send', `${flag} is for cmp2204, and "${peer}" ${who}`);
}

/** What the word alone says; `null` for a name, which the node has to look up. */
function dialectOf(peer: string): string | null {
  const target = resolvePeer(peer, []);
  if (target.isErr()) return null;
  return target.value.type === 'foreign' ? target.value.dialect : 'native';
}
