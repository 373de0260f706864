/** The answers in menus: addresses, ports, names, yes and no. Pure. */
import { catalogue, isNoWord, isYesWord } from '../../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { isDottedQuad, type ForeignPeerInfo } from '../../../../index.js';
import { parseWord, port as portKind } from '../../options/values.js';

/** Reads a dotted quad, the only form of address in the older programs. Errors: a sentence. */
export const readQuad = (answer: string): Result<string, string> =>
  isDottedQuad(answer) ? ok(answer) : err(catalogue().menus.notIpv4(answer));

/** Reads a port. The error is the remark for the user. */
export function readPort(answer: string): Result<number, string> {
  const port = parseWord(portKind, answer);
  return port.isOk() && port.value > 0 ? port : err(catalogue().menus.notPort(answer));
}

/** Reads `IP` or `IP:PORT`. Errors: a sentence. */
export function readQuadAndPort(answer: string, usualPort: number): Result<string, string> {
  const [host = '', digits = String(usualPort), ...rest] = answer.split(':');
  if (rest.length > 0) return readQuad(answer);
  return readQuad(host).andThen(() => readPort(digits).map((port) => `${host}:${port}`));
}

/** Reads yes or no. The error is the remark for the user. */
export function readYes(answer: string): Result<boolean, string> {
  const word = answer.toLowerCase();
  if (word === 'yes' || isYesWord(word)) return ok(true);
  return word === 'no' || isNoWord(word) ? ok(false) : err(catalogue().menus.answerYesNo);
}

/** Finds a peer by name, number in the list, address, or `IP:PORT`. Errors: a sentence. */
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
    return err(catalogue().menus.severalPeers(addresses));
  }
  const byNumber = /^\d{1,4}$/.test(answer) ? peers[Number(answer) - 1] : undefined;
  return byNumber === undefined ? err(catalogue().menus.noPeerCalled(answer)) : ok(byNumber);
}
