/** The house rule for doc comments: nearly every exported thing has one, so that an editor explains it where it is used. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSources, type Source } from './sources.js';

const shareMin = 0.95;

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|enum) (?<name>\w+)/;

interface Exported {
  readonly at: string;
  readonly hasDoc: boolean;
}

/** Every exported declaration: overloads count once, and re-exports do not count. A remark for the linter may follow the doc comment. */
function exportedOf({ path, text }: Source): readonly Exported[] {
  const lines = text.split('\n');
  const seen = new Set<string>();
  return lines.flatMap((line, at) => {
    const name = declaration.exec(line)?.groups?.['name'];
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    let before = at - 1;
    while ((lines[before] ?? '').startsWith('// oxlint-')) before -= 1;
    return [{ at: `${path}:${at + 1} ${name}`, hasDoc: (lines[before] ?? '').endsWith('*/') }];
  });
}

const hasDocs = (text: string): readonly boolean[] =>
  exportedOf({ path: 'x', text, code: text, imports: [] }).map(({ hasDoc }) => hasDoc);

describe('doc comments', () => {
  test(`at least ${shareMin * 100} % of the exported things have one`, () => {
    const exported = readSources().flatMap(exportedOf);
    assert.ok(exported.length > 1_000, 'exported things are found');
    const missing = exported.filter(({ hasDoc }) => !hasDoc).map(({ at }) => at);
    assert.ok(missing.length <= exported.length * (1 - shareMin), missing.join('\n'));
  });
  test('a declaration without a doc comment is found, behind a remark for the linter, too', () => {
    assert.deepEqual(hasDocs('/** The header. */\n\nexport const a = 1;'), [false]);
    assert.deepEqual(hasDocs('/** A. */\n// oxlint-disable-next-line x\nexport const a = 1;'), [true]);
    assert.deepEqual(hasDocs('/** A. */\nexport function a(): void;\nexport function a(b: 1): void;'), [
      true,
    ]);
  });
});
