/** The languages of the program, and the one that an environment asks for. Pure. */

/** The languages that people can choose. */
export const languages = ['en', 'de'] as const;
/** One language. */
export type Language = (typeof languages)[number];

type Env = Readonly<Record<string, string | undefined>>;

/** Returns the language of a word such as `de` or `de_AT.UTF-8`; null: it names none of ours. */
export function languageOf(word: string): Language | null {
  const [name = ''] = word.toLowerCase().split(/[_.@-]/u);
  return languages.find((known) => known === name) ?? null;
}

/** Returns the language of the system: the first variable that is set decides. English for any other one. */
export function languageOfSystem(env: Env): Language {
  const words = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']];
  return languageOf(words.find((word) => word !== undefined && word !== '') ?? '') ?? 'en';
}
