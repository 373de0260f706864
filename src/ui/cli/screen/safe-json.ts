/** JSON that is harmless where it is shown: no control character and no direction mark stands in it as such. */

/** C1 controls and DEL act on terminals; U+2028 and U+2029 end lines; direction marks reorder what is read. */
const unsafe = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu;

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Returns the JSON of a value. A parser reads what `JSON.stringify` would give. */
export const safeJson = (value: unknown): string => JSON.stringify(value).replaceAll(unsafe, escapeOf);

/** Controls, except those that end lines and cells. */
const unsafeText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu;

/** Returns a text whose other controls and direction marks are written as `\uXXXX`. */
export const safeText = (text: string): string => text.replaceAll(unsafeText, escapeOf);
