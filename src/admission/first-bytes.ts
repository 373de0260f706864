/**
 * What the first bytes of an accepted connection tell before anything is parsed: the dialect and, for a native caller,
 * whether it wants a full handshake or to resume. Pure. Spec: session-protocol 5.1 (preamble).
 */
import type { DialectName, ForeignDialectName } from '../dialects/dialect.js';
import { foreignDialects, sniff } from '../dialects/sniff.js';
import { wireV1 } from '../wire/limits.js';

export type Hello =
  /** Also a preamble of a later version: the session answers it, at the price of a full handshake. */
  | { readonly type: 'full' }
  | { readonly type: 'resume'; readonly ticketIdHex: string }
  | { readonly type: 'foreign'; readonly dialect: ForeignDialectName };

export type FirstBytes = Hello | { readonly type: 'need-more' } | UnknownOpening;

/** Nobody here answers these. */
export interface UnknownOpening {
  readonly type: 'unknown';
  /** `dialect-off`: a program we know, which is not switched on. */
  readonly reason: 'no-such-opening' | 'dialect-off';
}

/** `silent`: not a byte came until it ended or its time was over. `cut`: less than tells what it speaks. */
export type Unheard = UnknownOpening['reason'] | 'silent' | 'cut';

const everyDialect: ReadonlySet<DialectName> = new Set([
  'native',
  ...Object.values(foreignDialects).map(({ name }) => name),
]);

const resumeMode = 1;
const versionAt = 4;
const modeAt = 5;

/** Asks for more a bounded number of times: the preamble has 22 bytes, and `sniff` bounds what else it looks at. */
export function readFirstBytes(first: Uint8Array, enabled: ReadonlySet<DialectName>): FirstBytes {
  const sniffed = sniff(first, enabled);
  if (sniffed === 'unknown') return { type: 'unknown', reason: reasonOf(first) };
  if (sniffed === 'need-more') return { type: 'need-more' };
  if (sniffed.dialect !== 'native') return { type: 'foreign', dialect: sniffed.dialect };
  const version = first[versionAt];
  const mode = first[modeAt];
  if (version === undefined || mode === undefined) return { type: 'need-more' };
  if (version !== 1 || mode !== resumeMode) return { type: 'full' };
  if (first.byteLength < wireV1.preambleResumeBytes) return { type: 'need-more' };
  const ticketId = first.subarray(
    wireV1.preambleResumeBytes - wireV1.ticketIdBytes,
    wireV1.preambleResumeBytes,
  );
  return { type: 'resume', ticketIdHex: Buffer.from(ticketId).toString('hex') };
}

function reasonOf(first: Uint8Array): UnknownOpening['reason'] {
  const sniffed = sniff(first, everyDialect);
  return sniffed === 'unknown' || sniffed === 'need-more' ? 'no-such-opening' : 'dialect-off';
}

export const dialectOf = (hello: Hello): DialectName => (hello.type === 'foreign' ? hello.dialect : 'native');
