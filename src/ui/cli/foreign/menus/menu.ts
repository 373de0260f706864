/** The loop that every menu is: numbered choices, one of them is done, and again. */
import type { Dialog } from './dialog.js';

export interface Choice {
  /** What is typed for it. */
  readonly key: string;
  readonly label: string;
  /** `null`: leaves the menu. */
  readonly act: (() => Promise<void>) | null;
}

/** Settles when the user leaves: by a choice, at the end of input, or with a signal. */
export async function runMenu(dialog: Dialog, title: string, choices: readonly Choice[]): Promise<void> {
  const isShownAnew = dialog.isTerminal;
  const show = (): void => dialog.say(title, ...choices.map(({ key, label }) => `  ${key}  ${label}`));
  if (!isShownAnew) show();
  while (!dialog.isOver) {
    if (isShownAnew) show();
    const answer = await dialog.ask('Your choice:');
    if (answer === null) return;
    if (answer === '') continue;
    const chosen = choices.find(
      ({ key, label }) => key === answer.toUpperCase() || label.toLowerCase() === answer.toLowerCase(),
    );
    if (chosen === undefined) {
      const keys = choices.map(({ key }) => key).join(', ');
      dialog.say(`That is no choice here; there are ${keys}.`);
    } else if (chosen.act === null) return;
    else await chosen.act();
  }
}
