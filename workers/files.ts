import { filesActor } from '../src/actors/files/files.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ files: filesActor });
