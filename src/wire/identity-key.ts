/** Identity keys from strangers: which 32 bytes may be an Ed25519 public key at all. Pure. */
import { fromHex } from './bytes.js';

/** Length of an Ed25519 public key. */
const keyBytes = 32;

/**
 * Whether the bytes may be an identity key. Verification of Ed25519 accepts points of small order as keys, and with
 * the neutral point as key one signature fits every message. Such points are refused in every encoding, and so is any
 * y that is not reduced modulo p.
 */
export function isSoundIdKey(key: Uint8Array): boolean {
  if (key.length !== keyBytes) return false;
  // y is little-endian; the top bit of the last byte is the sign of x and makes no difference here.
  const last = (key[31] ?? 0) & 0x7f;
  const isReduced =
    last !== 0x7f || (key[0] ?? 0) < 0xed || key.subarray(1, 31).some((byte) => byte !== 0xff);
  return isReduced && !smallOrder.some((y) => isY(key, y, last));
}

/** Whether a key has this y; `last`: its last byte without the sign. */
function isY(key: Uint8Array, y: Uint8Array, last: number): boolean {
  if (last !== y[31]) return false;
  for (let at = 0; at < 31; at += 1) if (key[at] !== y[at]) return false;
  return true;
}

/** y of the eight points whose order divides 8: orders 1, 2, 4 and twice 8. */
const smallOrder: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
].map(fromHex);
