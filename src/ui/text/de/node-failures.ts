/** German: failures of the node, its home and its network. */
import { formatAddress } from '../../../index.js';
import { say, type CodesOf, type FailureTexts, type FailureWords } from '../failure-facts.js';
import { number } from './forms.js';

type Code = CodesOf<'store' | 'transport' | 'home' | 'api' | 'runtime' | 'node' | 'feed'>;

/** Several codes share each of the following texts. */
const homeTrouble = (error: { readonly file: string; readonly reason: string }): FailureWords =>
  say('das Profil ist nicht benutzbar', `${error.file}: ${error.reason}`, 'prüfe die Platte und die Rechte');

const unwell = (error: { readonly code: string; readonly actor: string }): FailureWords =>
  say(
    'der Knoten ist gestört',
    `${error.code} bei ${error.actor}`,
    'versuche es erneut; das Protokoll weiß mehr',
  );

/** German texts: failures of the node, its home and its network. */
export const nodeFailures: Pick<FailureTexts, Code> = {
  'store/newer-schema': (error) =>
    say(
      'ein neueres Parlance hat das Profil geschrieben',
      `${error.file} hat das Schema ${error.found}, und diese Version kennt ${error.known}`,
      'bring Parlance auf den neuen Stand; nichts wurde geändert',
    ),
  'store/full': (error) =>
    say(
      'die Platte ist voll',
      `${error.file} kann nicht wachsen`,
      'schaffe Platz; wartende Nachrichten gehen nicht verloren',
    ),
  'store/unusable': homeTrouble,
  'store/gone': (error) =>
    say(
      'das Profil ist weg',
      `${error.file}: ${error.reason}`,
      'stelle es wieder hin und starte erneut; was nicht bestätigt war, ist nicht gespeichert',
    ),
  'store/io': homeTrouble,
  'store/bad-query': (error) =>
    say(
      'die Suche ist nicht lesbar',
      error.detail,
      'suche nach Wörtern, oder nach "einer Wortfolge" in Anführungszeichen',
    ),
  'transport/port-in-use': (error) =>
    say(
      `der Port ${error.port} ist belegt`,
      `ein anderes Programm lauscht auf ${error.address}`,
      'wähle einen anderen Port mit --port, oder lass --port-strict weg',
    ),
  'transport/dialect-port-in-use': (error) =>
    say(
      `der Port ${error.port} von ${error.dialect} ist belegt`,
      `ein anderes Programm lauscht auf ${error.address}`,
      `beende es, oder wähle einen anderen Port mit --listen ${error.dialect}=PORT`,
    ),
  'transport/beacon-ports-in-use': (error) =>
    say(
      error.ports.length === 1
        ? `der UDP-Port ${error.ports[0]} ist belegt`
        : `die UDP-Ports ${error.ports.join(' und ')} sind belegt`,
      'ein anderes Programm hält sie für sich allein',
      'beende es, oder wähle auf jedem Rechner andere Ports mit --beacon-port',
    ),
  'transport/cannot-listen': (error) =>
    say(
      `auf ${formatAddress({ host: error.address, port: error.port })} lässt sich nicht lauschen`,
      error.reason,
      'wähle eine andere Adresse oder einen anderen Port mit --bind oder --port',
    ),
  'transport/dial-failed': (error) =>
    say(
      `${formatAddress({ host: error.address, port: error.port })} ist nicht erreichbar`,
      error.reason,
      'nichts wurde eingereiht: prüfe die Adresse und ob das Programm dort läuft, dann versuche es erneut',
    ),
  'transport/too-many-dials': (error) =>
    say(
      'zu viele Verbindungen auf einmal',
      `${number(error.limit)} Verbindungen werden gerade aufgebaut`,
      'versuche es gleich noch einmal',
    ),
  'home/in-use': (error) =>
    say(
      'das Profil wird schon benutzt',
      `der Prozess ${error.pid} läuft in ${error.home}`,
      'beende ihn, oder wähle ein anderes Profil mit --home',
    ),
  'home/unusable': (error) =>
    say(
      'das Profil ist nicht benutzbar',
      `${error.home}: ${error.reason}`,
      'behebe das, oder wähle ein anderes Profil mit --home',
    ),
  'home/bad-settings': (error) =>
    say(
      'die Einstellungen sind nicht lesbar',
      `${error.file}: ${error.detail}`,
      'berichtige oder entferne diese Datei',
    ),
  'home/bad-identity': (error) =>
    say(
      'die Identität ist nicht lesbar',
      `${error.file}: ${error.reason}`,
      'hole sie aus einer Sicherung zurück: Parlance ersetzt sie nie',
    ),
  'api/no-node': (error) =>
    say('kein Knoten läuft', `kein Prozess lauscht in ${error.home}`, 'starte einen mit "parlance serve"'),
  'api/lost': (error) =>
    say('der Knoten ist weg', error.detail, 'wartende Nachrichten warten weiter; versuche es erneut'),
  'api/malformed': (error) =>
    say('der Knoten hat Unlesbares geantwortet', error.detail, 'benutze auf beiden Seiten dieselbe Version'),
  'api/too-large': (error) =>
    say('zu groß', `höchstens ${number(error.limitBytes)} Bytes`, 'sende es in Teilen'),
  'api/deadline': (error) =>
    say(
      'der Knoten antwortet nicht',
      `gewartet wurde ${number(error.deadlineMs)} ms`,
      'lies sein Protokoll, oder starte ihn neu',
    ),
  'node/twin': (error) =>
    say(
      'ein anderer Knoten hat deinen Schlüssel',
      `er läuft bei ${error.address}`,
      'beende einen von beiden: ein Profil darf nicht kopiert werden',
    ),
  'store/damaged': ({ file, reason }) =>
    say(
      'der Verlauf war beschädigt',
      reason,
      `der lesbare Teil wurde behalten; die beschädigte Datei ist ${file}`,
    ),
  'feed/too-slow': (error) =>
    say(
      'Ereignisse fehlen',
      `mehr als ${number(error.waitingMax)} haben auf diesen Leser gewartet`,
      'lies erneut mit --since',
    ),
  'runtime/mailbox-full': unwell,
  'runtime/deadline': unwell,
  'runtime/aborted': unwell,
  'runtime/no-actor': unwell,
  'runtime/poison': unwell,
  'runtime/unknown-name': unwell,
  'runtime/lost': unwell,
  'runtime/not-cloneable': unwell,
  'runtime/start-failed': (error) =>
    say('der Knoten ist nicht gestartet', `${error.actor}: ${error.reason}`, 'das Protokoll weiß mehr'),
  'runtime/failed': (error) =>
    say(`${error.what} ist misslungen`, error.detail, 'versuche es erneut; das Protokoll weiß mehr'),
  'runtime/pool-full': (error) =>
    say('zu viel auf einmal', `${number(error.limit)} Aufgaben warten`, 'versuche es gleich noch einmal'),
  'runtime/restart-intensity': (error) =>
    say(
      'der Knoten hat aufgegeben',
      `${error.actor} ist zu oft ausgefallen`,
      'starte ihn erneut: wartende Nachrichten gehen nicht verloren',
    ),
};
