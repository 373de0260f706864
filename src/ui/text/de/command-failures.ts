/** German: failures of commands and transfers. */
import {
  say,
  secondsOf,
  type CodesOf,
  type Failure,
  type FailureTexts,
  type FailureWords,
} from '../failure-facts.js';
import { decimal, number, plural } from './forms.js';

type Code = CodesOf<'command' | 'files'>;

const seconds = (ms: number): string => `${decimal(secondsOf(ms))} s`;
const megabytes = (bytes: number): string => `${number(bytes / 1e6, 1)} MB`;

function notDelivered(error: Failure<'command/not-delivered'>): FailureWords {
  const { peer, waitedMs, queued, unsent, isForeign } = error;
  const messages = plural(queued, { one: 'sie', other: `${number(queued)} Nachrichten` });
  const within = `in ${seconds(waitedMs)}`;
  const why = isForeign
    ? `war ${within} nicht erreichbar`
    : queued === 0
      ? `hat ${within} keine Nachricht angenommen`
      : `hat ${messages} ${within} nicht bestätigt`;
  return say(
    'noch nicht zugestellt',
    `"${peer}" ${why}`,
    unsent > 0
      ? `${number(queued)} warten weiter; sende die ${number(unsent)} Zeilen noch einmal, die nicht eingereiht wurden`
      : `${plural(Math.max(1, queued), { one: 'sie wartet und geht', other: 'sie warten und gehen' })} hinaus, wenn die Gegenstelle und du da sind`,
  );
}

/** German texts: failures of commands and transfers. */
export const commandFailures: Pick<FailureTexts, Code> = {
  'files/no-source': ({ path, reason }) =>
    say(`${path} lässt sich nicht senden`, reason, 'nichts wurde angeboten; prüfe den Pfad'),
  'files/too-large': ({ detail }) => say('das geht nicht auf einmal', detail, 'sende es in Teilen'),
  'files/unknown-transfer': ({ id }) =>
    say(
      `keine Übertragung "${id}"`,
      'keine, oder mehr als eine, hat eine ID mit diesem Ende',
      'siehe "parlance files"',
    ),
  'files/wrong-state': ({ id, state, action }) =>
    say(`${action} ist nicht möglich`, `die Übertragung ${id} ist ${state}`, 'siehe "parlance files"'),
  'files/bad-directory': ({ directory, reason }) =>
    say(`${directory} kann keine Dateien aufnehmen`, reason, 'nenne ein anderes Verzeichnis mit --to DIR'),
  'files/no-space': ({ directory, neededBytes, freeBytes }) =>
    say(
      'der Platz reicht nicht',
      `${directory} hat ${megabytes(freeBytes)}, und ${megabytes(neededBytes)} werden gebraucht`,
      'schaffe Platz, oder nenne ein anderes Verzeichnis mit --to DIR; das Angebot bleibt',
    ),
  'files/unsupported': ({ peer }) =>
    say(
      `keine Dateien an ${peer}`,
      'das Programm dort kennt keine Übertragungen',
      'sende einen Text, oder bitte dort um Parlance',
    ),
  'files/io': ({ reason }) =>
    say(
      'die Übertragung ließ sich nicht speichern',
      reason,
      'prüfe die Platte des Profils, und versuche es erneut',
    ),
  'command/not-transferred': ({ peer, name, state, reason }) =>
    say(
      `${name} wurde nicht zugestellt`,
      state === 'declined'
        ? `${peer} hat abgelehnt`
        : `die Übertragung ist ${state}${reason === '' ? '' : ` (${reason})`}`,
      'biete es erneut an, sobald die Ursache behoben ist',
    ),
  'command/transfer-open': ({ what }) =>
    say(what, 'die Zeit ist um', 'das Angebot bleibt; "parlance files" zeigt es'),
  'command/usage': (error) =>
    say(
      'falscher Aufruf',
      error.detail,
      `siehe "parlance help${error.command === '' ? '' : ` ${error.command}`}"`,
    ),
  'command/input': (error) =>
    say(
      `die Zeile ${error.line} der Eingabe wurde nicht gesendet`,
      error.detail,
      error.isRestSent
        ? 'berichtige diese Zeile und sende sie allein: die anderen wurden gesendet'
        : 'berichtige sie, dann sende sie und die Zeilen danach: keine davon wurde gesendet',
    ),
  'command/output': (error) =>
    say(
      'die Ausgabe ist unvollständig',
      error.reason,
      'schreib an einen anderen Ort, und wiederhole den Befehl',
    ),
  'command/not-delivered': notDelivered,
  'command/no-read-marks': ({ peer, isOff }) =>
    say(
      `"${peer}" meldet nicht, was dort gelesen wird`,
      isOff ? 'Lesebestätigungen zwischen euch sind aus' : 'das Programm dort kennt keine Lesebestätigungen',
      isOff
        ? 'schalte sie mit "parlance privacy receipts on --for PEER" ein, auf beiden Seiten; nichts wurde gesendet'
        : 'warte auf delivered oder sent; nichts wurde gesendet',
    ),
  'command/not-read': ({ peer, waitedMs, why }) =>
    why === 'gone'
      ? say(
          'zugestellt und nicht gelesen',
          'eine Nachricht wurde vorher gelöscht oder verschwand',
          'sende sie noch einmal',
        )
      : why === 'unable'
        ? say('zugestellt', `das Programm von "${peer}" kennt keine Lesebestätigungen`, 'warte auf delivered')
        : say(
            'zugestellt und noch nicht gelesen',
            `keine Lesebestätigung von "${peer}" kam in ${seconds(waitedMs)}`,
            'warte länger mit --timeout; sind sie dort für dich aus, so kommt nie eine',
          ),
  'command/files': () =>
    say(
      'zu viele Dateien sind offen',
      'die Grenze für offene Dateien ist zu niedrig für einen Knoten (EMFILE)',
      'erhöhe sie, etwa mit "ulimit -n 1024"',
    ),
  'command/nobody-here': () =>
    say(
      'nichts wurde gesendet',
      'keine native Gegenstelle ist online',
      'siehe "parlance peers --watch", oder nenne eine Gegenstelle',
    ),
  'command/queued': ({ what }) =>
    say(
      what,
      'die Eingabe ist zu Ende',
      'sie warten und gehen hinaus, wenn ihre Gegenstellen wieder da sind',
    ),
  'command/timeout': (error) =>
    say(
      error.what,
      `in ${seconds(error.waitedMs)} kam nichts`,
      'versuche es erneut, oder warte länger mit --timeout',
    ),
  'command/failed': (error) =>
    say(
      `nicht zugestellt an "${error.peer}"`,
      error.reason,
      'siehe "parlance history" für die gesendeten Nachrichten',
    ),
  'command/option-differs': (error) =>
    say(
      `der Knoten in ${error.home} läuft mit anderen Optionen`,
      error.differences
        .map(({ option, asked, has }) => `${option} ${asked} war angegeben, und er hat ${has}`)
        .join('; '),
      'lass die Option weg, beende den Knoten, oder wähle ein anderes Profil mit --home',
    ),
  'command/node-ended': (error) =>
    say('der Knoten ist beendet', error.reason, 'lies sein Protokoll, dann starte ihn erneut'),
  'command/stopped': () =>
    say(
      'angehalten',
      'ein Signal hat den Befehl beendet',
      'wartende Nachrichten warten weiter; der Rest wurde nicht gesendet',
    ),
  'command/exec': (error) =>
    say(
      `"${error.command}" ist misslungen`,
      error.reason,
      'die Nachricht bleibt erhalten; siehe "parlance history"',
    ),
  'command/clipboard': (error) =>
    say(
      error.what === 'read'
        ? 'die Zwischenablage lässt sich nicht lesen'
        : 'die Zwischenablage lässt sich nicht schreiben',
      error.reason,
      'installiere wl-clipboard, xclip oder xsel, oder nimm eine Pipe',
    ),
  'command/file': (error) =>
    say(`${error.file} lässt sich nicht schreiben`, error.reason, 'wähle eine andere Datei'),
};
