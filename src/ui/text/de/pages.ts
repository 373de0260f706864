/** German: the sections of help, beside the options. */
import type { Catalogue } from '../shape.js';

/** German texts: the sections of help, as pairs of a word and its meaning. */
export const pages: Catalogue['pages'] = {
  examples: {
    program: [
      ['parlance', 'öffnet die Eingabe'],
      ["parlance send bob 'Lunch at noon?'", 'sendet eine Nachricht und wartet, bis sie zugestellt ist'],
      ['parlance peers', 'listet auf, wer da ist'],
    ],
    serve: [
      ['parlance serve --json', 'gibt jedes Ereignis als Zeile aus'],
      ['parlance serve --log-file node.log', 'führt das Protokoll in einer Datei'],
    ],
    send: [
      ["parlance send bob 'Lunch at noon?'", 'sendet eine Nachricht'],
      ["parlance send alice,bob 'Lunch at noon?'", 'sendet sie an beide'],
      [
        "parlance send --all-here --yes 'Fire drill at ten'",
        'sendet sie an jede native Gegenstelle, die da ist',
      ],
      ['parlance send bob --clip', 'sendet den Text der Zwischenablage'],
      ['git log -1 | parlance send bob --wait queued', 'sendet jede Zeile, und wartet nur auf die Platte'],
    ],
    recv: [
      ['parlance recv --from bob --count 1', 'wartet auf die nächste Nachricht von bob'],
      ['parlance recv --json --since 120', 'macht nach der Nachricht 120 weiter'],
      ['parlance recv --exec ./print-it', 'startet für jede Nachricht ein Programm'],
    ],
    peers: [
      ['parlance peers --wait bob && parlance send bob ready', 'wartet auf bob'],
      ['parlance peers --watch --json', 'gibt jede Änderung aus'],
    ],
    history: [
      ['parlance history bob --search soup', 'findet Nachrichten'],
      ['parlance history --since yesterday --export talk.csv --bom', 'schreibt eine Tabelle für Excel'],
      ['parlance history bob --delete --before 30d', 'löscht, was älter als 30 Tage ist'],
    ],
    id: [
      [
        'parlance id --export identity.txt',
        'behält eine Kopie unter einer Passphrase, nach der gefragt wird',
      ],
      ['parlance id --import identity.txt --home ~/new', 'bringt die Identität in ein anderes Profil'],
    ],
    verify: [['parlance verify bob', 'zeigt die sechzig Ziffern zum Vergleichen']],
    contact: [
      ['parlance contact alias bob Bobby', 'gibt bob einen Namen von dir'],
      ["parlance contact accept 'dave#7kq2'", 'nimmt einen neuen Schlüssel an'],
    ],
    edit: [["parlance edit ^1 'Lunch at one'", 'ändert deine letzte Nachricht']],
    delete: [
      ['parlance delete ^1', 'entfernt deine letzte Nachricht hier, und bittet die andere Seite darum'],
    ],
    copy: [['parlance copy @1 --in bob', 'kopiert die letzte Nachricht von bob']],
    timer: [
      ['parlance timer bob 1d', 'lässt Nachrichten mit bob nach einem Tag verschwinden'],
      ['parlance timer bob off', 'lässt sie wieder bleiben'],
    ],
    react: [['parlance react @1 👍', 'reagiert auf die zuletzt empfangene Nachricht']],
    outbox: [['parlance outbox cancel', 'zieht alles zurück, was wartet']],
    privacy: [
      ['parlance privacy receipts none', 'niemand erfährt, was du liest'],
      ['parlance privacy receipts on --for bob', 'nur bob erfährt es'],
    ],
    status: [
      ["parlance status busy 'in a call' --until 13:00", 'stellt Benachrichtigungen bis dahin stumm'],
      ['parlance status invisible', 'kündigt von jetzt an nichts an'],
    ],
    config: [
      ['parlance config set notify bell,desktop', 'schaltet Benachrichtigungen ein'],
      ['parlance config check', 'nennt, was in der Datei falsch ist'],
    ],
    service: [
      ['parlance service install', 'startet den Knoten jetzt und bei jeder Anmeldung'],
      ['parlance service install --print', 'zeigt die Datei, und ändert nichts'],
    ],
    completion: [
      ['source <(parlance completion bash)', 'in ~/.bashrc'],
      ['source <(parlance completion zsh)', 'in ~/.zshrc, nach compinit'],
      ['parlance completion fish | source', 'in config.fish'],
    ],
    hub: [['parlance hub --port 8080', 'bietet das Verzeichnis von chatbuddy an']],
  },
  exitCodes: [
    ['0', 'erledigt'],
    ['1', 'unerwarteter Fehler'],
    ['2', 'falscher Aufruf, oder eine Option, die vom laufenden Knoten abweicht'],
    ['3', 'keine solche Gegenstelle'],
    [
      '4',
      'nicht rechtzeitig erledigt (eine Nachricht wartet weiter, wo sie kann); doctor: eine Prüfung misslang',
    ],
    ['5', 'aus Sicherheit abgelehnt: neuer Schlüssel, gesperrt, --secure-only'],
    ['6', 'Port oder Profil belegt'],
    ['78', 'Profil nicht benutzbar: Rechte, voll, nur lesbar, neueres Schema'],
  ],
  peerForms: [
    ['bob', 'ein Name, oder ein Alias von dir'],
    ['bob#7kq2', 'ein Name mit dem Kürzel seines Schlüssels, wo Namen gleich sind'],
    ['ID', 'eine volle ID, wie "parlance id" sie zeigt'],
    ['10.0.0.7:6001', 'eine Adresse; der Port ist 6001, wenn keiner dabeisteht'],
    [
      'cmp2204://10.0.0.7',
      'eine Adresse eines älteren Programms: cmp2204, chatbuddy, synergy, cse310 oder netech',
    ],
  ],
  variables: [
    ['PARLANCE_PLAIN', 'einfache Zeilen in der Eingabe, wie --plain'],
    ['PARLANCE_TRACE', 'die Spur eines Programmfehlers ausgeben'],
  ],
  files: [
    ['settings.json', 'dauerhafte Einstellungen; siehe "parlance config"'],
    [
      'identity.json',
      'der geheime Schlüssel dieser Identität: halte ihn geheim, eine Kopie kann in deinem Namen handeln',
    ],
    ['history.db', 'Nachrichten, Kontakte und der Postausgang'],
    ['pins.json', 'die gemerkten Schlüssel, falls history.db verloren geht'],
    ['status.json', 'der eigene Status'],
    ['prompt.json', 'Entwürfe und frühere Eingaben'],
    ['hooks/', 'Programme, die bei einem Ereignis starten: on-message, on-peer, on-status'],
    ['control.sock', 'die lokale API, nur für diesen Benutzer'],
    ['node.log', 'Protokoll eines Knotens, den ein Befehl gestartet hat'],
  ],
  titles: {
    examples: 'Beispiele:',
    peer: 'PEER:',
    exitCodes: 'Exit-Codes:',
    environment: 'Variablen:',
    files: 'Dateien eines Profils:',
    environmentAndFiles: 'Variablen und Dateien:',
  },
  aboutVariables:
    'Jede Option jedes Befehls hat eine Variable: PARLANCE_PORT für --port. "parlance help --all" listet die Variablen und die Dateien eines Profils auf.',
  commander: {
    usage: 'Aufruf:',
    arguments: 'Argumente:',
    options: 'Optionen:',
    commands: 'Befehle:',
    usageOfProgram: '[options] [command]',
  },
};
