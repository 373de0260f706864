/** Words of a command line that the user may paste into a shell. Pure. */

/** Returns a word as a POSIX shell reads it: as it is where no character of it is special, otherwise in quotes. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
