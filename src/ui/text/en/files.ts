/** English: transfers of files. */
import { plural } from './forms.js';
/** English texts: transfers of files. */
export const files = {
  pausedAt: (progress: string, reason: string) => `paused at ${progress}${reason}`,
  delivered: 'delivered',
  receivedAt: (places: string) => `received: ${places}`,
  offeredWaits: 'offered: waits for the answer of the peer',
  waitsForYou: (id: string) => `asks: parlance files accept ${id}`,
  offers: (peer: string, name: string, id: string) =>
    `${peer} offers ${name}: /files accept ${id}, or /files decline ${id}`,
  accepts: (peer: string, name: string) => `${peer} accepts ${name}`,
  receivedFrom: (name: string, peer: string, places: string) => `received ${name} of ${peer}: ${places}`,
  has: (peer: string, name: string) => `${peer} has ${name}`,
  declines: (peer: string, name: string, reason: string) => `${peer} declines ${name}${reason}`,
  pauses: (name: string, reason: string) => `${name} pauses${reason}`,
  reasons: {
    cancelled: 'cancelled',
    changed: 'a file was changed after the offer: offer it again',
    gone: 'a file is not there any more',
    io: 'the disk, or a byte on the way, failed',
    policy: 'the peer takes no more offers now',
    full: 'the disk is full: free some space, and it goes on',
    expired: 'nobody answered in time',
    known: 'the peer knows',
    away: 'the peer is away: it goes on when the peer is here',
  },
  filesCount: (count: number) => plural(count, { one: '', other: `${count} files, ` }),
  left: (duration: string) => `${duration} left`,
  ended: (name: string, isIn: boolean, peer: string, reason: string) =>
    `the transfer of ${name} ${isIn ? 'from' : 'to'} ${peer} ended${reason}`,
  needsId: (verb: string) => `${verb} needs the id of a transfer; "parlance files" lists them`,
  toBelongsToAccept: '--to belongs to accept',
  noTransfer: 'no transfer',
  notAllCame: 'not all files came',
  stdinNeedsName: '--file - needs --as NAME, a name without folders',
  stdinAlone: '--file - stands alone',
  asBelongs: '--as belongs to --file -',
  nodeEnded: (home: string) => `the node of ${home} ended`,
  notDelivered: (name: string) => `${name} is not delivered yet`,
  notAccepted: (name: string) => `${name} is not accepted yet`,
  belongsToAccept: (option: string) => `${option} belongs to accept`,
};
