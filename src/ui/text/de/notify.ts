/** German: notifications and hooks. */
import type { Catalogue } from '../shape.js';
import { number, plural } from './forms.js';

/** German texts: notifications and hooks. */
export const notify: Catalogue['notify'] = {
  stranger: (label) => `${label}, unbekannt`,
  newMessages: (count) =>
    plural(count, { one: 'neue Nachricht', other: `${number(count)} neue Nachrichten` }),
  fromOthers: (count, others) => `${number(count)} neue Nachrichten von ${number(others)} anderen`,
};
