/** Draws figures beside their references as bars, for `bench/README.md`. Pure. */
import type { Measured } from './measure.js';

const width = 760;
const barsFrom = 330;
const barsMax = 300;
const rowHeight = 46;
const barHeight = 14;
const margin = 16;

/** A row for each figure that has a reference: two bars, scaled to the longer one. `title` stands above them. */
export function plot(title: string, figures: readonly Measured[]): string {
  const rows = figures.filter(({ reference }) => reference !== undefined);
  const height = margin * 2 + rowHeight * (rows.length + 1);
  const drawn = rows.flatMap(({ what, unit, value, reference }, nth) =>
    reference === undefined ? [] : row(margin + rowHeight * (nth + 1), what, unit, value, reference),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(margin, margin + barHeight, title, '#222222'),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function row(
  y: number,
  what: string,
  unit: string,
  value: number,
  reference: { readonly what: string; readonly value: number },
): readonly string[] {
  const scale = barsMax / Math.max(value, reference.value, Number.MIN_VALUE);
  const bar = (at: number, length: number, colour: string, shown: number): string =>
    `<rect x="${barsFrom}" y="${at}" width="${(length * scale).toFixed(1)}" height="${barHeight}" fill="${colour}"/>` +
    text(barsFrom + length * scale + 6, at + barHeight - 3, `${format(shown)} ${unit}`, '#222222');
  return [
    text(margin, y + barHeight - 3, what, '#222222'),
    bar(y, value, '#2f6f9f', value),
    text(margin, y + 2 * barHeight, reference.what, '#777777'),
    bar(y + barHeight + 3, reference.value, '#c4c4c4', reference.value),
  ];
}

const text = (x: number, y: number, said: string, colour: string): string =>
  `<text x="${x.toFixed(1)}" y="${y}" fill="${colour}">${escaped(said)}</text>`;

const escaped = (said: string): string =>
  said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const format = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) >= 1_000 ? 0 : 2 });
