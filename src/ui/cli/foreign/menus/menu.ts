/** The loop of every menu: it shows the choices and runs the chosen one. */
import { catalogue } from '../../../text/catalogue.js';
import type { Dialog } from './dialog.js';

/** One choice of a menu. */
export interface Choice {
  /** Key that the user types. */
  readonly key: string;
  readonly label: string;
  /** Action; `null`: the choice leaves the menu. */
  readonly act: (() => Promise<void>) | null;
}

/** Runs the menu until the user leaves: by a choice, at the end of input, or with a signal. */
export async function runMenu(dialog: Dialog, title: string, choices: readonly Choice[]): Promise<void> {
  const isShownAgain = dialog.isTerminal;
  const show = (): void => dialog.say(title, ...choices.map(({ key, label }) => `  ${key}  ${label}`));
  if (!isShownAgain) show();
  while (!dialog.isOver) {
    if (isShownAgain) show();
    const answer = await dialog.ask(catalogue().menus.yourChoice);
    if (answer === null) return;
    if (answer === '') continue;
    const chosen = choices.find(
      ({ key, label }) => key === answer.toUpperCase() || label.toLowerCase() === answer.toLowerCase(),
    );
    if (chosen === undefined) {
      const keys = choices.map(({ key }) => key).join(', ');
      dialog.say(catalogue().menus.notAChoice(keys));
    } else if (chosen.act === null) return;
    else await chosen.act();
  }
}
