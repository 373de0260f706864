/** German: transfers of files. */
import type { Catalogue } from '../shape.js';
import { number, plural } from './forms.js';

/** German texts: transfers of files. */
export const files: Catalogue['files'] = {
  pausedAt: (progress, reason) => `paused bei ${progress}${reason}`,
  delivered: 'zugestellt',
  receivedAt: (places) => `empfangen: ${places}`,
  offeredWaits: 'angeboten: wartet auf die Antwort der Gegenstelle',
  waitsForYou: (id) => `fragt: parlance files accept ${id}`,
  offers: (peer, name, id) => `${peer} bietet ${name} an: /files accept ${id}, oder /files decline ${id}`,
  accepts: (peer, name) => `${peer} nimmt ${name} an`,
  receivedFrom: (name, peer, places) => `${name} von ${peer} empfangen: ${places}`,
  has: (peer, name) => `${peer} hat ${name}`,
  declines: (peer, name, reason) => `${peer} lehnt ${name} ab${reason}`,
  pauses: (name, reason) => `${name} pausiert${reason}`,
  reasons: {
    cancelled: 'abgebrochen',
    changed: 'eine Datei wurde nach dem Angebot geändert: biete sie erneut an',
    gone: 'eine Datei ist nicht mehr da',
    io: 'die Platte, oder ein Byte unterwegs, war fehlerhaft',
    policy: 'die Gegenstelle nimmt gerade keine weiteren Angebote an',
    full: 'die Platte ist voll: schaffe Platz, dann geht es weiter',
    expired: 'niemand hat rechtzeitig geantwortet',
    known: 'die Gegenstelle weiß es',
    away: 'die Gegenstelle ist weg: es geht weiter, wenn sie da ist',
  },
  filesCount: (count) => plural(count, { one: '', other: `${number(count)} Dateien, ` }),
  left: (duration) => `noch ${duration}`,
  ended: (name, isIn, peer, reason) =>
    `die Übertragung von ${name} ${isIn ? 'von' : 'an'} ${peer} ist beendet${reason}`,
  needsId: (verb) => `${verb} braucht die ID einer Übertragung; "parlance files" listet sie auf`,
  toBelongsToAccept: '--to gehört zu accept',
  noTransfer: 'keine Übertragung',
  notAllCame: 'nicht alle Dateien sind gekommen',
  stdinNeedsName: '--file - braucht --as NAME, einen Namen ohne Ordner',
  stdinAlone: '--file - steht allein',
  asBelongs: '--as gehört zu --file -',
  nodeEnded: (home) => `der Knoten von ${home} ist beendet`,
  notDelivered: (name) => `${name} ist noch nicht zugestellt`,
  notAccepted: (name) => `${name} ist noch nicht angenommen`,
  belongsToAccept: (option) => `${option} gehört zu accept`,
};
