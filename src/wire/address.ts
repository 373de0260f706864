/** Addresses and ports as people and older programs type them. Layer wire, pure. */

/** The endpoint of a listener. An IPv6 host stands without brackets. */
export interface Address {
  /** A host name or an IP address, small letters. */
  readonly host: string;
  readonly port: number;
}

/** Parses `HOST:PORT` with a host name, an IPv4 address or an IPv6 one in brackets; `null` for anything else. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45}(?:%[0-9a-zA-Z._-]{1,15})?)\]|([a-zA-Z0-9._-]{1,253})):(.*)$/.exec(
    text,
  );
  const host = match?.[1] ?? match?.[2];
  if (match?.[2] !== undefined && isNumberLike(match[2])) return null;
  const port = parsePort(match?.[3] ?? '');
  if (host === undefined || port === null) return null;
  // Names of interfaces know upper and lower case.
  const [bare = '', ...zone] = host.split('%');
  return { host: [bare.toLowerCase(), ...zone].join('%'), port };
}

/**
 * Whether a resolver would read the host as a number of another form, such as `0x7f000001` or `127.1`: one address has
 * one form here.
 */
const isNumberLike = (host: string): boolean =>
  /(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)\.?$/.test(host) && !isDottedQuad(host);

/** Formats an address, the inverse of `parseAddress`. */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * Whether the text is IPv4 in dotted quads, or IPv6 with or without a zone. Does not use `node:net`, which belongs to
 * the transport.
 */
export const isIpAddress = (text: string): boolean => isDottedQuad(text) || isV6(text);

const isV6 = (text: string): boolean =>
  /^[0-9a-fA-F:.]{2,45}(?:%[0-9a-zA-Z._-]{1,15})?$/.test(text) &&
  text.includes(':') &&
  URL.canParse(`http://[${text.replace(/%.*$/, '')}]/`);

/** An IPv4 endpoint, as the older programs name their peers. */
export interface Endpoint {
  /** Dotted quad. */
  readonly host: string;
  readonly port: number;
}

/**
 * Whether the text is four decimal numbers of 0 to 255. Leading zeros are refused, since some resolvers read them as
 * octal.
 */
export function isDottedQuad(text: string): boolean {
  const parts = text.split('.', 5);
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** Parses a port of 1 to 65535 in decimal digits, with blanks around them allowed; `null` for anything else. */
export function parsePort(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,5}$/.test(digits)) return null;
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? port : null;
}

/** Parses `IP:PORT` with a dotted quad; `null` for anything else. */
export function parseEndpoint(text: string): Endpoint | null {
  const colon = text.indexOf(':');
  const host = text.slice(0, colon).trim();
  const port = parsePort(text.slice(colon + 1));
  return colon > 0 && isDottedQuad(host) && port !== null ? { host, port } : null;
}

/**
 * Formats an endpoint, the inverse of `parseEndpoint`. The result is the key under which the older programs know a
 * peer.
 */
export const formatEndpoint = (peer: Endpoint): string => `${peer.host}:${peer.port}`;
