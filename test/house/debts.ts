/**
 * Breaches of the import law that wait for their end: rule → `file → what`. The list only shrinks: an entry that is no
 * longer a breach fails the test.
 */
export const debts: Readonly<Record<string, readonly string[]>> = {};
