/** Texts as bytes of the history, and back. Pure. */

/**
 * UTF-8; a text with half a surrogate pair, which UTF-8 cannot carry, as the byte FF (which no UTF-8 text begins with)
 * and UTF-16LE. So every JavaScript string comes back as it was.
 */
export function encodeText(text: string): Uint8Array {
  if (!loneSurrogate.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat([Uint8Array.of(0xff), Buffer.from(text, 'utf16le')]);
}

export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes[0] === 0xff ? buffer.toString('utf16le', 1) : buffer.toString('utf8');
}

const loneSurrogate = /\p{Surrogate}/u;
