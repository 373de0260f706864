/** German: refused values of options. */
import type { Catalogue } from '../shape.js';

/** German texts: refused values of options. */
export const values: Catalogue['values'] = {
  afterFrom: 'auf from: folgt me oder eine Gegenstelle',
  afterIn: 'auf in: folgt eine Gegenstelle',
  afterFilter: (name, known) => `auf ${name}: folgt eines von ${known}`,
  notJsonObject: 'die Datei ist kein JSON-Objekt',
  notJson: 'die Datei ist kein JSON',
  fileLonger: (bytes) => `die Datei ist länger als ${bytes} Bytes`,
  strayFlag: (option, dialect) =>
    `${option} ist für ${dialect}, das nicht eingeschaltet ist: füge --dialects ${dialect} hinzu`,
  notFutureTime: (word) => `"${word}" ist keine Zeit; schreib 13:00, 2h, tomorrow oder 2026-05-01T14:30`,
  isPast: (word) => `"${word}" ist vorbei`,
  notTime: (word) =>
    `"${word}" ist keine Zeit; schreib 2026-05-01, 2026-05-01T14:30, 14:30, 2h, today oder yesterday`,
  notThis: (words, given) => `${words}, nicht ${given}`,
  port: 'ein Port ist eine Zahl von 0 bis 65535',
  udpPort: 'ein UDP-Port ist eine Zahl von 1 bis 65535',
  count: 'eine Anzahl ist eine ganze Zahl über 0',
  connections: (most) => `Verbindungen sind eine Zahl von 1 bis ${most}`,
  interval: (least, most) => `ein Abstand ist ${least} bis ${most} Sekunden`,
  timeoutMs: (most) => `eine Frist ist hier 0 bis ${most} ms`,
  timeout: (most) => `eine Frist ist 0 bis ${most} Sekunden`,
  minutes: (most) => `Minuten sind eine ganze Zahl von 0 bis ${most}`,
  flag: 'ein Schalter ist true oder false',
  text: 'der Wert ist Text',
  path: 'ein Pfad ist Text, der nicht leer ist',
  name: 'ein Name ist Text',
  address: 'eine Adresse ist eine IPv4- oder IPv6-Adresse',
  listen: (dialects) => `ein Port eines älteren Programms ist DIALECT=PORT mit einem von ${dialects}`,
  endpoint: 'eine Gegenstelle ist IP:PORT',
  logLevel: (levels) => `eine Protokollstufe ist eines von ${levels}`,
  notifyWays: (ways) => `Wege der Benachrichtigung sind ${ways}, oder none`,
  notifyBodies: (bodies) => `Texte werden gezeigt von ${bodies}`,
  rate: 'eine Rate ist mindestens 1000 Bytes je Sekunde, etwa 500k oder 10M',
  audience: 'diese Gegenstellen sind none, verified oder contacts',
  filesAccept: 'Dateien werden angenommen von none, contacts oder verified',
  language: (known) => `eine Sprache ist eines von ${known}`,
  onOff: 'es ist on oder off',
  notDialect: (given, known) => `${given} ist kein Dialekt; es gibt ${known}`,
  list: 'der Wert ist eine Liste',
};
