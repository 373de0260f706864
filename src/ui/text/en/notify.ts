/** English: notifications and hooks. */
import { plural } from './forms.js';
/** English texts: notifications and hooks. */
export const notify = {
  stranger: (label: string) => `${label}, a stranger`,
  newMessages: (count: number) => plural(count, { one: 'new message', other: `${count} new messages` }),
  fromOthers: (count: number, others: number) => `${count} new messages from ${others} others`,
};
