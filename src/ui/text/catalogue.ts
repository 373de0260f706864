/**
 * The catalogue of all that the program says to people. Only English is loaded with the program; another language is
 * loaded when it is chosen.
 */
import { english } from './en/english.js';
import type { Language } from './languages.js';
import type { Catalogue } from './shape.js';

/**
 * The catalogue in use. One process talks with one person, so the choice is made once, before the command line is
 * parsed. `DECISIONS.md` has the reason why
 * it is not an argument.
 */
let chosen: Catalogue = english;

/** Returns the catalogue in use. */
export const catalogue = (): Catalogue => chosen;

/** Whether an answer in small letters means yes. */
export const isYesWord = (answer: string): boolean => chosen.prompt.yesWords.includes(answer);
/** Whether an answer begins as a word that means yes. */
export const isBegunYes = (answer: string): boolean =>
  chosen.prompt.yesWords.some((word) => answer.trim().toLowerCase().startsWith(word));
/** Whether an answer in small letters means no. */
export const isNoWord = (answer: string): boolean => chosen.prompt.noWords.includes(answer);

/** Loads a catalogue. */
export const catalogueOf = async (language: Language): Promise<Catalogue> =>
  language === 'en' ? english : (await import('./de/german.js')).german;

/** Chooses the language of all texts from now on. */
export async function chooseLanguage(language: Language): Promise<void> {
  chosen = await catalogueOf(language);
}
