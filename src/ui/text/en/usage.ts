/** English: wrong words on the command line. */

/** English texts: wrong words on the command line. */
export const usage = {
  unknownCommand: (word: string, meant: string | null) =>
    `unknown command "${word}"${meant === null ? '' : `, did you mean "${meant}"`}`,
  /** Says in this language what the parser of the command line says in English. */
  ofCommander: (detail: string) => detail,
  /** Says a description in this language, to which the parser has added choices and default in English. */
  withExtras: (description: string) => description,
  helpOption: 'display help for command',
};
