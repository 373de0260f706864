/** IPv4 addresses and ports as people and older programs type them. Layer wire, pure. */

export interface Endpoint {
  /** Dotted quad. */
  readonly host: string;
  readonly port: number;
}

/** Four decimal numbers of 0 to 255 without leading zeros, which some resolvers read as octal. */
export function isDottedQuad(text: string): boolean {
  const parts = text.split('.', 5);
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** 1 to 65535 in decimal digits, blanks around them allowed; `null` for anything else. */
export function parsePort(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,5}$/.test(digits)) return null;
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? port : null;
}

/** `IP:PORT`; `null` for anything else. */
export function parseEndpoint(text: string): Endpoint | null {
  const colon = text.indexOf(':');
  const host = text.slice(0, colon).trim();
  const port = parsePort(text.slice(colon + 1));
  return colon > 0 && isDottedQuad(host) && port !== null ? { host, port } : null;
}

/** The inverse of `parseEndpoint`; also the key under which the older programs know a peer. */
export const formatEndpoint = (peer: Endpoint): string => `${peer.host}:${peer.port}`;
