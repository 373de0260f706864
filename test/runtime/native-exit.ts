/** A process that ends while one of its threads is inside a native call: by `exit`, or by an error nobody catches. */
import { callerInThread, makeWords, word } from './native-caller.js';
import { openTree, until } from './tree.js';

const tree = await openTree({ children: [callerInThread] });
const words = makeWords();
tree.root.ref(callerInThread).cast('stay', { words, ms: 200 })._unsafeUnwrap();
await until(() => Atomics.load(words, word.turns) > 0);
if (process.argv[2] === 'exit') process.exit(7);
throw new Error('an error that nobody catches');
