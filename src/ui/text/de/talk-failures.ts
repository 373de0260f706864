/** German: failures of people, messages and sessions. */
import { foreignDialectNames } from '../../../index.js';
import {
  kindOfWord,
  say,
  shortId,
  type CodesOf,
  type Failure,
  type FailureTexts,
  type FailureWords,
} from '../failure-facts.js';
import { number } from './forms.js';

type Code = CodesOf<'chat' | 'message' | 'session' | 'wire' | 'dialect'>;

function unknownPeer({ peer }: Failure<'chat/unknown-peer'>): FailureWords {
  const what = `keine Gegenstelle "${peer}"`;
  const kind = kindOfWord(peer);
  if (kind === 'foreign')
    return say(
      what,
      'das ist keine Adresse eines älteren Programms',
      `schreib DIALECT://HOST:PORT mit einem Dialekt aus ${foreignDialectNames.join(', ')}`,
    );
  return kind === 'address'
    ? say(what, 'das ist keine Adresse', 'schreib HOST:PORT mit einem Port von 1 bis 65535')
    : say(
        what,
        'hier ist keine Gegenstelle mit diesem Namen bekannt',
        'siehe "parlance peers", oder gib HOST:PORT an',
      );
}

function keyChanged({ peer, claimant }: Failure<'chat/key-changed'>): FailureWords {
  const [bearer, fresh] =
    claimant === '' ? ['jemand', 'NAME#TAG des neuen Schlüssels'] : [claimant, claimant];
  return say(
    `"${peer}" hat einen anderen Schlüssel als zuvor`,
    `${bearer} hat jetzt diesen Namen: ein neues Gerät, oder jemand, der sich dafür ausgibt`,
    `vergleiche die Codes mit "parlance verify", dann "parlance contact accept ${fresh}" oder "parlance contact reject ${fresh}"`,
  );
}

/** Several codes share each of the following texts. */
const noSession = (why: string): FailureWords =>
  say('keine Sitzung mit dieser Adresse', why, 'nichts wurde gesendet; prüfe, ob Parlance dort läuft');

const unproved = (error: { readonly code: string }): FailureWords =>
  say(
    'die Sitzung wurde abgelehnt',
    `die Identität der Gegenstelle ließ sich nicht prüfen (${error.code})`,
    'nichts wurde gesendet; versuche es erneut, und vergleiche die Codes, wenn es wieder misslingt',
  );

const notUnderstood = (error: { readonly code: string }): FailureWords =>
  say('die Gegenstelle hat Unlesbares gesendet', error.code, 'prüfe, welches Programm dort läuft');

/** German texts: failures of people, messages and sessions. */
export const talkFailures: Pick<FailureTexts, Code> = {
  'chat/unknown-peer': unknownPeer,
  'chat/own-name': (error) =>
    say(
      `"${error.peer}" bist du`,
      'ein Knoten spricht nicht mit sich selbst',
      'siehe "parlance peers" für andere',
    ),
  'chat/ambiguous-peer': (error) =>
    say(
      `"${error.peer}" ist mehrdeutig`,
      `mehr als eine Gegenstelle hat diesen Namen: ${error.candidates.join(', ')}`,
      'füge das Kürzel an, wie in dieser Liste',
    ),
  'chat/text-empty': () => say('nicht gesendet', 'der Text ist leer', 'gib einen Text an'),
  'chat/text-too-long': (error) =>
    say(
      'nicht gesendet',
      `der Text hat ${number(error.gotBytes)} Bytes, eine Nachricht höchstens ${number(error.limitBytes)}`,
      'teile den Text',
    ),
  'chat/text-invalid': (error) =>
    say(
      'nicht gesendet',
      `der Text lässt sich nicht übertragen (${error.detail})`,
      'sende gültigen Unicode-Text',
    ),
  'message/id-taken': (error) =>
    say(
      'nicht gesendet',
      `eine andere Nachricht hat die ID ${error.id}`,
      'gib jeder Nachricht eine eigene ID',
    ),
  'message/id-invalid': (error) =>
    say('nicht gesendet', error.detail, 'gib eine UUID in Kleinbuchstaben an, oder keine ID'),
  'message/unknown': (error) =>
    say(
      `keine Nachricht "${error.id}"`,
      'hier ist keine Nachricht mit dieser ID bekannt',
      'siehe "parlance history --json"',
    ),
  'message/ambiguous': (error) =>
    say(
      `"${error.id}" ist mehrdeutig`,
      'mehr als eine Nachricht endet so',
      'gib mehr von der ID an, oder die ganze',
    ),
  'message/not-yours': (error) =>
    say(
      'nicht geändert',
      `die Nachricht ${error.id} ist von der anderen Seite`,
      'um sie nur hier zu entfernen, nimm delete mit --for-me',
    ),
  'message/deleted': (error) =>
    say(
      'nicht geändert',
      `die Nachricht ${error.id} ist gelöscht`,
      'nenne eine andere, oder sende eine neue',
    ),
  'message/changed-too-often': (error) =>
    say('nicht geändert', `die Nachricht ${error.id} wurde zu oft geändert`, 'sende eine neue Nachricht'),
  'message/timer-invalid': (error) =>
    say(
      'die Zeit bleibt, wie sie ist',
      `${String(error.seconds)} Sekunden sind zu kurz oder zu lang`,
      'gib eine Zeit von 5s bis 366d an, oder off',
    ),
  'message/emoji-invalid': (error) =>
    say(
      'keine Reaktion',
      `"${error.emoji}" ist nicht genau ein Emoji`,
      'gib ein einzelnes Emoji an, etwa 👍',
    ),
  'chat/peer-cannot': (error) =>
    say(
      'nichts wurde gesendet',
      `das Programm von "${error.peer}" kennt das nicht: ${error.what}`,
      'sende stattdessen eine Nachricht',
    ),
  'chat/name-invalid': (error) =>
    say('dieser Name geht nicht', error.detail, 'wähle einen Namen aus 1 bis 64 sichtbaren Zeichen'),
  'chat/status-invalid': (error) =>
    say('dieser Status geht nicht', error.detail, 'gib einen kürzeren Text oder eine spätere Zeit an'),
  'chat/outbox-full': () =>
    say('nicht eingereiht', 'der Postausgang ist voll', 'warte, bis einige Nachrichten zugestellt sind'),
  'chat/blocked': (error) =>
    say(
      `"${error.peer}" ist gesperrt`,
      'du hast diese Gegenstelle gesperrt',
      `hebe die Sperre auf mit "parlance unblock ${error.peer}"`,
    ),
  'chat/key-changed': keyChanged,
  'chat/own-address': (error) =>
    say(
      `${error.address} ist dieser Knoten`,
      'ein Knoten spricht nicht mit sich selbst',
      'siehe "parlance peers" für andere',
    ),
  'chat/code-mismatch': (error) =>
    say(
      `"${error.peer}" ist nicht geprüft`,
      'der Code ist nicht der Sicherheitscode von euch beiden',
      'vergleicht noch einmal, auf einem Weg, dem du traust',
    ),
  'chat/secure-only': (error) =>
    say(
      `${error.dialect} wird abgelehnt`,
      'nur verschlüsselte Gegenstellen sind erlaubt (--secure-only)',
      'lass diese Option weg, um mit älteren Programmen zu sprechen',
    ),
  'chat/dialect-off': (error) =>
    say(
      `${error.dialect} wird abgelehnt`,
      'dieser Knoten spricht nicht mit diesem älteren Programm',
      `starte den Knoten mit --dialects ${error.dialect}; dessen Nachrichten sind ungeschützt`,
    ),
  'session/key-changed': (error) =>
    say(
      'die Gegenstelle hat einen anderen Schlüssel als zuvor',
      `erwartet war der Schlüssel ${shortId(error.expected)}, es kam ${shortId(error.got)}`,
      'vergleiche die Codes, dann "parlance verify PEER"',
    ),
  'session/blocked': () =>
    say('abgelehnt', 'die Gegenstelle ist gesperrt', 'hebe die Sperre auf mit "parlance unblock PEER"'),
  'session/downgrade': unproved,
  'session/serial-rollback': unproved,
  'session/bad-certificate': unproved,
  'session/busy': (error) =>
    say(
      'die Gegenstelle ist ausgelastet',
      'alle ihre Verbindungen sind belegt',
      `versuche es in ${number(error.retryAfterMs)} ms erneut`,
    ),
  'session/unsupported-version': (error) =>
    say(
      'keine Sitzung',
      `die Gegenstelle kennt nur die Versionen ${error.offered.join(', ')} des Protokolls`,
      'bring das ältere der beiden Programme auf den neuen Stand',
    ),
  'session/malformed': (error) => noSession(error.detail),
  'session/own-identity': () =>
    noSession('dort antwortet dieser Knoten selbst, oder eine Kopie seines Profils'),
  'session/order': (error) => noSession(error.detail),
  'session/limit': (error) => noSession(error.detail),
  'session/decrypt-failed': () => noSession('die Antwort ließ sich nicht entschlüsseln'),
  'session/deadline': () => noSession('die Antwort kam nicht rechtzeitig'),
  'wire/frame-too-large': notUnderstood,
  'wire/malformed': notUnderstood,
  'dialect/malformed': notUnderstood,
  'dialect/unreadable': notUnderstood,
  'dialect/too-long': (error) =>
    say(
      'nicht möglich',
      `${error.dialect} überträgt höchstens ${number(error.limitBytes)} Bytes`,
      'sende es in Teilen',
    ),
  'dialect/unsupported': (error) =>
    say(
      'nicht möglich',
      `${error.dialect} kann das nicht übertragen: ${error.what}`,
      'lass es weg: das ältere Programm hat keine Form dafür',
    ),
  'dialect/bad-option': (error) =>
    say(`falsche Einstellung für ${error.dialect}`, error.detail, 'berichtige sie, dann starte erneut'),
};
