/**
 * Comments and literals of a source, found by one pass over its characters: `//` within a string does not begin one.
 */

export interface Token {
  readonly kind: 'comment' | 'literal';
  /** Without its delimiters; a comment over several lines is joined to one line. */
  readonly text: string;
  readonly line: number;
}

/** Characters and words after which a slash begins a regular expression. */
const beforeRegExp = /(?:^|[(,=:[!&|?{};>]|\b(?:return|typeof|case))\s*$/;
const pattern =
  /\/\*(?<block>[\s\S]*?)\*\/|\/\/(?<rest>.*)|'(?<single>(?:[^'\\\n]|\\.)*)'|"(?<double>(?:[^"\\\n]|\\.)*)"|`(?<template>(?:[^`\\]|\\[\s\S])*)`|\/(?<regexp>(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/(?<flags>[a-z]*)/g;

/** A regular expression of a source. */
export interface Expression {
  readonly source: string;
  readonly flags: string;
  readonly line: number;
}

/** Returns the regular expressions in order. */
export function expressionsOf(text: string): readonly Expression[] {
  const found: Expression[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { regexp, flags = '' } = match.groups ?? {};
    if (regexp === undefined) continue;
    const line = text.slice(0, match.index).split('\n').length;
    // Other letters behind the slash: it stands in a text within a template.
    const isWhole = /^[dgimsuvy]*$/.test(flags);
    if (isWhole && beforeRegExp.test(text.slice(Math.max(0, match.index - 20), match.index)))
      found.push({ source: regexp, flags, line });
    else pattern.lastIndex = match.index + 1;
  }
  return found;
}

/** Returns the comments and literals in order. Line comments that follow one another are one comment. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: (Token & { readonly isLine: boolean })[] = [];
  const at = { index: 0, line: 1 };
  const lineOf = (index: number): number => {
    at.line += text.slice(at.index, index).split('\n').length - 1;
    at.index = index;
    return at.line;
  };
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { block, rest, single, double, template, regexp } = match.groups ?? {};
    if (regexp !== undefined) {
      // A division: looks again right after the slash.
      if (!beforeRegExp.test(text.slice(Math.max(0, match.index - 20), match.index)))
        pattern.lastIndex = match.index + 1;
      continue;
    }
    const line = lineOf(match.index);
    const before = tokens.at(-1);
    const isOwnLine = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index).trim() === '';
    if (rest !== undefined && before?.isLine === true && isOwnLine && before.line === line - 1) {
      tokens.splice(-1, 1, { ...before, text: `${before.text} ${rest.trim()}`, line });
      continue;
    }
    const comment = rest ?? block?.replace(/^\*/, '').replaceAll(/\n\s*\* ?/g, ' ');
    if (comment === undefined)
      tokens.push({ kind: 'literal', text: single ?? double ?? template ?? '', line, isLine: false });
    else
      tokens.push({ kind: 'comment', text: comment.trim(), line, isLine: rest !== undefined && isOwnLine });
  }
  return tokens;
}
