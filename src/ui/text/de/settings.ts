/** German: the help of each setting, by its key, and defaults in words. */
import type { Catalogue } from '../shape.js';

/** German texts: the help of each setting, by its key, and defaults in words. */
export const settings: Catalogue['settings'] = {
  does: {
    home: 'dieses Profilverzeichnis benutzen',
    name: 'anderen diesen Namen zeigen',
    bind: 'auf dieser Adresse lauschen; wiederholbar',
    port: 'auf diesem TCP-Port lauschen, oder auf dem nächsten freien',
    portStrict: 'abbrechen, wenn der Port belegt ist',
    broadcast: 'Ankündigungen an diese Adresse senden; wiederholbar',
    beaconPorts: 'Ankündigungen auf diesem UDP-Port senden und hören; wiederholbar',
    beaconIntervalSeconds: 'so oft eine Ankündigung senden',
    mdns: 'Knoten auch durch Multicast-DNS finden (_parlance._tcp)',
    maxConnections: 'höchstens so viele Verbindungen zugleich annehmen',
    filesDir: 'empfangene Dateien in dieses Verzeichnis legen',
    filesAccept:
      'Dateien ohne Frage annehmen: von niemandem (none), Kontakten (contacts) oder Geprüften (verified)',
    filesBytesMax: 'bei Dateien mit mehr Bytes als hier in jedem Fall fragen',
    readReceipts:
      'diesen Gegenstellen zeigen, was du liest, und sehen, was sie lesen: none, verified oder contacts',
    typingNotices:
      'diesen Gegenstellen zeigen, dass du tippst, und sehen, dass sie tippen: none, verified oder contacts',
    compact: 'weniger Speicher brauchen: ein Thread für das ganze Netz',
    dialects: 'mit diesen älteren Programmen sprechen: all, oder Namen mit Kommas dazwischen',
    listen: 'auf diesem Port nur ein älteres Programm bedienen; wiederholbar',
    greet: 'synergy: diese Gegenstelle beim Start grüßen; wiederholbar',
    sendTimeoutMs: 'synergy: eine Nachricht nach dieser Zeit aufgeben',
    toyPrime: 'cmp2204: die Primzahl des Schlüsseltauschs setzen; gilt zusammen mit Q',
    toyGenerator: 'cmp2204: den Generator des Schlüsseltauschs setzen; gilt zusammen mit P',
    secureOnly: 'jeden Dialekt außer dem eigenen ablehnen',
    json: 'Ergebnisse als NDJSON auf stdout ausgeben, stets englisch',
    quiet: 'keine Bemerkungen auf stderr ausgeben',
    logLevel: 'von dieser Stufe an protokollieren: trace, debug, info, warn, error, silent',
    logFile: 'das Protokoll in diese Datei schreiben',
    awayAfterMinutes: 'anderen nach so vielen Minuten ohne Taste zeigen, dass du weg bist; 0: nie',
    notify: 'über Nachrichten benachrichtigen durch: bell, osc9, osc777, desktop, oder none',
    notifyBodies: 'den Text in Benachrichtigungen zeigen über: none, contacts, all',
    lang: 'in dieser Sprache mit dir sprechen: en oder de',
    color: 'keine Farben ausgeben',
  },
  shown: {
    home: 'das Datenverzeichnis des Systems',
    name: 'der Benutzer des Systems',
    bind: 'jede IPv4- und IPv6-Adresse',
    broadcast: 'jede Schnittstelle, und dieser Rechner',
    mdns: 'on, außer mit --broadcast',
    filesDir: '`Parlance` im Ordner für Downloads',
    filesBytesMax: 'keine Grenze',
    dialects: 'keine',
    logLevel: 'warn; error mit --quiet',
    logFile: 'stderr',
    notify: 'keine',
    lang: 'die des Systems',
  },
  withDefault: (does, words) => `${does} (Vorgabe: ${words})`,
  commonOptions: 'Optionen jedes Befehls:',
};
