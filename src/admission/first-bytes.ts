/**
 * The first bytes of an accepted connection reveal, before anything is parsed, its dialect and, for a native caller,
 * whether it wants a full handshake or a resume. Pure. Spec: session-protocol 5.1 (preamble).
 */
import type { DialectName, ForeignDialectName } from '../dialects/dialect.js';
import { foreignDialects, sniff } from '../dialects/sniff.js';
import { preambleAt, preambleMode } from '../wire/frames.js';
import { wireV1 } from '../wire/limits.js';

/** The request of a caller, read from its first bytes. */
export type Hello =
  /**
   * A full handshake, or a preamble of a later version, which the session answers at the price of a full handshake.
   */
  | { readonly type: 'full' }
  | { readonly type: 'resume'; readonly ticketIdHex: string }
  | { readonly type: 'foreign'; readonly dialect: ForeignDialectName };

/** The result of one look at the first bytes. */
export type FirstBytes = Hello | { readonly type: 'need-more' } | UnknownOpening;

/** An opening that this node does not answer. */
export interface UnknownOpening {
  readonly type: 'unknown';
  /** `dialect-off`: an older program that is known and not switched on. */
  readonly reason: 'no-such-opening' | 'dialect-off';
}

/**
 * The reason why a connection ended unheard. `silent`: it sent no byte in its time. `cut`: its bytes were too few to
 * recognise a dialect.
 */
export type Unheard = UnknownOpening['reason'] | 'silent' | 'cut';

const everyDialect: ReadonlySet<DialectName> = new Set([
  'native',
  ...Object.values(foreignDialects).map(({ name }) => name),
]);

/**
 * Recognises the dialect. `need-more` ends soon: the preamble has 22 bytes, and `sniff` bounds the bytes that it
 * reads.
 */
export function readFirstBytes(first: Uint8Array, enabled: ReadonlySet<DialectName>): FirstBytes {
  const sniffed = sniff(first, enabled);
  if (sniffed === 'unknown') return { type: 'unknown', reason: reasonOf(first) };
  if (sniffed === 'need-more') return { type: 'need-more' };
  if (sniffed.dialect !== 'native') return { type: 'foreign', dialect: sniffed.dialect };
  const version = first[preambleAt.version];
  const mode = first[preambleAt.mode];
  if (version === undefined || mode === undefined) return { type: 'need-more' };
  if (version !== wireV1.version || mode !== preambleMode.resume) return { type: 'full' };
  if (first.byteLength < wireV1.preambleResumeBytes) return { type: 'need-more' };
  const ticketId = first.subarray(
    wireV1.preambleResumeBytes - wireV1.ticketIdBytes,
    wireV1.preambleResumeBytes,
  );
  return { type: 'resume', ticketIdHex: Buffer.from(ticketId).toString('hex') };
}

/**
 * Whether these bytes may be words of a person: no control characters but white space. Scans of other protocols mostly
 * have some.
 */
export const areWords = (first: Uint8Array): boolean =>
  first.some((byte) => byte > 0x20) && first.every((byte) => byte >= 0x20 || isBlank(byte));

const isBlank = (byte: number): boolean => byte === 0x09 || byte === 0x0a || byte === 0x0d;

function reasonOf(first: Uint8Array): UnknownOpening['reason'] {
  const sniffed = sniff(first, everyDialect);
  return sniffed === 'unknown' || sniffed === 'need-more' ? 'no-such-opening' : 'dialect-off';
}

/** Returns the dialect of a caller. */
export const dialectOf = (hello: Hello): DialectName => (hello.type === 'foreign' ? hello.dialect : 'native');
