/** The module in which a definition was made: a worker can load it to host the definition. */
import { pathToFileURL } from 'node:url';

const modules = new WeakMap<object, URL>();

/** Notes the module that called `below`, such as `actor`, as the home of a definition. */
export function noteModule(definition: object, below: (...args: never[]) => unknown): void {
  const { stackTraceLimit } = Error;
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 1;
    // The positions as they run: a source map would lead to a file that Node cannot load.
    Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName() ?? null;
    Error.captureStackTrace(holder, below);
    const file: unknown = holder.stack;
    if (typeof file === 'string') modules.set(definition, urlOf(file));
  } catch {
    // Nobody knows where it was made: `child` asks for an entry when it needs one.
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', before);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns the home of a definition; null: `actor` did not make it, as with a changed copy. */
export const moduleOf = (definition: object): URL | null => modules.get(definition) ?? null;

const urlOf = (file: string): URL => (/^[a-z]+:/u.test(file) ? new URL(file) : pathToFileURL(file));
