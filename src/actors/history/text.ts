/** Texts as bytes of the history. Pure. */

/**
 * Encodes a text as UTF-8. A text with a lone surrogate, which UTF-8 cannot carry, becomes the byte FF, with which no
 * UTF-8 text begins, and UTF-16LE. So every JavaScript string survives.
 */
export function encodeText(text: string): Uint8Array {
  if (!loneSurrogate.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat([Uint8Array.of(0xff), Buffer.from(text, 'utf16le')]);
}

/** Decodes a stored text. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes[0] === 0xff ? buffer.toString('utf16le', 1) : buffer.toString('utf8');
}

const loneSurrogate = /\p{Surrogate}/u;
