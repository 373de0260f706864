/** German: the settings file. */
import type { Catalogue } from '../shape.js';

/** German texts: the settings file. */
export const config: Catalogue['config'] = {
  takesNo: (verb, word) => `config ${verb} nimmt kein "${word}"`,
  keyMissing: (verb) => `der Schlüssel fehlt: config ${verb} KEY`,
  cannotBeSet: (key, file, option, variable) =>
    `${key} lässt sich nicht in ${file} setzen: nimm ${option}${variable}`,
  getLists: '"parlance config get" listet die Schlüssel auf',
  meant: (near) => `meintest du "${near}"`,
  noSetting: (key, hint) => `es gibt keine Einstellung "${key}": ${hint}`,
  isNotSet: (key, words) => `${key} ist nicht gesetzt: ${words}`,
  variableOverrides: (variable) =>
    `die Umgebungsvariable ${variable} geht der Datei vor: lösche sie, damit die Datei gilt`,
  keepsOld: 'ein laufender Knoten behält den alten Wert: starte ihn neu',
  valueMissing: 'der Wert fehlt',
  orMeant: (near) => `; meintest du "${near}"?`,
  unknownSetting: (key, hint) => `Warnung: die unbekannte Einstellung "${key}" bewirkt nichts${hint}`,
  nothingWrong: (file) => `${file}: kein falscher Wert`,
  schemaTitle: (file) => `Parlance: ${file} eines Profils`,
  unknownKept: 'Unbekannte Schlüssel bleiben und bewirken nichts.',
};
