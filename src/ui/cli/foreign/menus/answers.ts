/** What answers in menus mean: addresses, ports, names, yes and no. Pure. */
import { err, ok, type Result } from 'neverthrow';
import { isDottedQuad, type ForeignPeerInfo } from '../../../../index.js';
import { parseWord, port as portKind } from '../../options/values.js';

/** A dotted quad and nothing else: the older programs know no other addresses. */
export const readQuad = (answer: string): Result<string, string> =>
  isDottedQuad(answer)
    ? ok(answer)
    : err(`"${answer}" is no IPv4 address: four numbers up to 255 with dots.`);

export function readPort(answer: string): Result<number, string> {
  const port = parseWord(portKind, answer);
  return port.isOk() && port.value > 0 ? port : err(`"${answer}" is no port: a number from 1 to 65535.`);
}

/** `IP` or `IP:PORT`. */
export function readQuadAndPort(answer: string, usualPort: number): Result<string, string> {
  const [host = '', digits = String(usualPort), ...rest] = answer.split(':');
  if (rest.length > 0) return readQuad(answer);
  return readQuad(host).andThen(() => readPort(digits).map((port) => `${host}:${port}`));
}

export function readYes(answer: string): Result<boolean, string> {
  const word = answer.toLowerCase();
  if (['y', 'yes'].includes(word)) return ok(true);
  return ['n', 'no'].includes(word) ? ok(false) : err('Please answer y or n.');
}

/** One of the peers, by name, number in the list, address, or `IP:PORT`. */
export function readPeer<Peer extends ForeignPeerInfo>(
  answer: string,
  peers: readonly Peer[],
): Result<Peer, string> {
  const byAddress = (peer: ForeignPeerInfo): boolean =>
    [peer.peer, peer.address, `${peer.address}:${peer.port}`].includes(answer);
  const tests = [
    (peer: ForeignPeerInfo) => peer.name === answer,
    (peer: ForeignPeerInfo) => peer.name.toLowerCase() === answer.toLowerCase(),
    byAddress,
  ];
  for (const test of tests) {
    const [found, ...others] = peers.filter(test);
    if (found === undefined) continue;
    if (others.length === 0) return ok(found);
    const addresses = [found, ...others].map(({ address, port }) => `${address}:${port}`).join(', ');
    return err(`Several are called so: give one of ${addresses}.`);
  }
  const byNumber = /^\d{1,4}$/.test(answer) ? peers[Number(answer) - 1] : undefined;
  return byNumber === undefined ? err(`Nobody called "${answer}" is there.`) : ok(byNumber);
}
