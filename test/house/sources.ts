/** The sources as the house rules see them: text, and what each file really imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface Import {
  /** Path of a file of ours from the top of the repository, or the name of a module. */
  readonly target: string;
  /** Gone after compilation. */
  readonly isType: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript file below `src/` and `workers/`. */
export function readSources(): readonly Source[] {
  return ['src', 'workers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => sourceOf(join(folder, name), readFileSync(join(root, folder, name), 'utf8'))),
  );
}

/** `import … from`, `export … from`, `import '…'` and `import('…')`, types included. */
export function sourceOf(path: string, text: string): Source {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
  const statements = code.matchAll(
    /^\s*(?:import|export)\s(?<names>[^'";]*?)from\s*'(?<from>[^']+)'|^\s*import\s*'(?<bare>[^']+)'|\bimport\s*\(\s*'(?<late>[^']+)'/gm,
  );
  const imports = [...statements].map(({ groups = {} }) => {
    const { names = '', from, bare, late } = groups;
    return { target: resolve(path, from ?? bare ?? late ?? ''), isType: /^type\s/.test(names.trimStart()) };
  });
  return { path, text, code, imports };
}

function resolve(path: string, name: string): string {
  if (!name.startsWith('.')) return name.replace(/^node:/, '');
  return normalize(join(dirname(path), name)).replace(/\.js$/, '.ts');
}
