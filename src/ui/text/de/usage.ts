/** German: wrong words on the command line. */
import type { Catalogue } from '../shape.js';

/** Sentences of the parser of the command line, in German. The rest of a sentence stays. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^unknown option '(.*?)'/u, 'unbekannte Option "$1"'],
  [/^unknown command '(.*?)'/u, 'unbekannter Befehl "$1"'],
  [/\(Did you mean (.*)\?\)$/u, '(meintest du $1?)'],
  [/\(Did you mean one of (.*)\?\)$/u, '(meintest du eines von $1?)'],
  [/^missing required argument '(.*?)'/u, 'das Argument "$1" fehlt'],
  [/^option '(.*?)' argument missing/u, 'der Wert der Option "$1" fehlt'],
  [/^option '(.*?)' argument '(.*?)' is invalid\.?/su, 'der Wert "$2" der Option "$1" ist falsch.'],
  [
    /^command-argument value '(.*?)' is invalid for argument '(.*?)'\.?/su,
    'der Wert "$1" des Arguments "$2" ist falsch.',
  ],
  [/ Allowed choices are (.*)$/u, ' Zur Wahl stehen $1'],
  [
    /^option '(.*?)' cannot be used with option '(.*?)'/u,
    'die Option "$1" geht nicht zusammen mit der Option "$2"',
  ],
  [
    /^too many arguments(?: for '(.*?)')?\. Expected (\d+) arguments? but got (\d+)/u,
    'zu viele Argumente: erlaubt sind $2, gegeben $3',
  ],
];

/** German texts: wrong words on the command line. */
export const usage: Catalogue['usage'] = {
  unknownCommand: (word, meant) =>
    `unbekannter Befehl "${word}"${meant === null ? '' : `, meintest du "${meant}"`}`,
  ofCommander: (detail) =>
    sentences.reduce((text, [english, german]) => text.replace(english, german), detail),
  withExtras: (description) =>
    description.replace(/\((?:choices|default): .*\)$/u, (extras) =>
      extras.replace('choices:', 'zur Wahl:').replace('default:', 'Vorgabe:'),
    ),
  helpOption: 'die Hilfe des Befehls zeigen',
};
