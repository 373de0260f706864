/** English: the settings file. */
export const config = {
  takesNo: (verb: string, word: string) => `config ${verb} takes no "${word}"`,
  keyMissing: (verb: string) => `the key is missing: config ${verb} KEY`,
  cannotBeSet: (key: string, file: string, option: string, variable: string) =>
    `${key} cannot be set in ${file}: use ${option}${variable}`,
  getLists: '"parlance config get" lists the keys',
  meant: (near: string) => `did you mean "${near}"`,
  noSetting: (key: string, hint: string) => `there is no setting "${key}": ${hint}`,
  isNotSet: (key: string, words: string) => `${key} is not set: ${words}`,
  variableOverrides: (variable: string) =>
    `the environment variable ${variable} overrides the file: unset it to use the file`,
  keepsOld: 'a running node keeps its old value: restart it',
  valueMissing: 'the value is missing',
  orMeant: (near: string) => `; did you mean "${near}"?`,
  unknownSetting: (key: string, hint: string) => `warning: unknown setting "${key}" has no effect${hint}`,
  nothingWrong: (file: string) => `${file}: no wrong value`,
  schemaTitle: (file: string) => `Parlance: ${file} of a home`,
  unknownKept: 'Unknown keys are kept and have no effect.',
};
