/** Forms of words and numbers by `Intl`. Each formatter is made at its first use, since making one takes time. */

type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** Returns the function that chooses the form of a word that fits a number. */
export function pluralsOf(locale: string): (count: number, forms: Forms) => string {
  let rules: Intl.PluralRules | null = null;
  return (count, forms) => {
    rules ??= new Intl.PluralRules(locale);
    return forms[rules.select(count)] ?? forms.other;
  };
}

/** Returns the function that writes a number with the separators of the language. `decimals`: digits behind the point. */
export function numbersOf(locale: string): (value: number, decimals?: number) => string {
  const formats = new Map<number, Intl.NumberFormat>();
  return (value, decimals = 0) => {
    const format =
      formats.get(decimals) ??
      new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
    return format.format(value);
  };
}

/** Returns the function that writes a point in time. */
export function datesOf(locale: string, options: Intl.DateTimeFormatOptions): (at: Date) => string {
  let format: Intl.DateTimeFormat | null = null;
  return (at) => {
    format ??= new Intl.DateTimeFormat(locale, options);
    return format.format(at);
  };
}
