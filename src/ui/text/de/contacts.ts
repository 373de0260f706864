/** German: contacts and requests. */
import type { Catalogue } from '../shape.js';
import { number, plural } from './forms.js';

/** German texts: contacts and requests. */
export const contacts: Catalogue['contacts'] = {
  peerMissing: (verb) => `die Gegenstelle fehlt: contact ${verb} PEER`,
  noContact: 'noch kein Kontakt: schreib an eine Gegenstelle, oder nimm eine Anfrage an',
  isAccepted: (peer) => `${peer} ist angenommen`,
  askFate: (line) => `${line} An den neuen Schlüssel senden, behalten oder verwerfen? [send/KEEP/drop] `,
  seeOutbox: (sentence) => `${sentence}; siehe "parlance outbox"`,
  isForgotten: (peer) => `${peer} ist vergessen`,
  cancelWithdraws: (line) => `${line} "parlance outbox cancel" zieht sie zurück`,
  noRequest: 'keine Anfrage wartet',
  decide: 'entscheide mit "parlance contact accept NAME#TAG" oder "parlance contact reject NAME#TAG"',
  verified: 'geprüft',
  unverified: 'ungeprüft',
  blocked: 'gesperrt',
  muted: 'stumm',
  lastSeen: (time) => `zuletzt gesehen ${time}`,
  labelName: 'Name',
  labelAlias: 'Alias',
  labelNote: 'Notiz',
  labelId: 'ID',
  labelStanding: 'Stand',
  labelVerified: 'geprüft',
  yes: 'ja',
  noVerifyShows: (peer) => `nein: "parlance verify ${peer}" zeigt den Code`,
  labelKey: 'Schlüssel',
  keySeen: 'in einem Handschlag gesehen',
  keyNotSeen: 'noch nicht gesehen',
  labelBlocked: 'gesperrt',
  labelMuted: 'stumm',
  labelAddress: 'Adresse',
  labelFirstSeen: 'zuerst da',
  labelLastSeen: 'zuletzt da',
  labelUnread: 'ungelesen',
  messagesWait: (count, peer) =>
    `${number(count)} ${plural(count, { one: 'Nachricht wartet', other: 'Nachrichten warten' })} auf den alten Schlüssel ${peer}.`,
  fateSend: (count, old, fresh) => `${number(count)} für den alten Schlüssel ${old} gehen an ${fresh}`,
  fateKeep: (count, old) => `${number(count)} für den alten Schlüssel ${old} bleiben im Postausgang`,
  fateDrop: (count, old) => `${number(count)} für den alten Schlüssel ${old} wurden zurückgezogen`,
};
