import { filesActor } from '../../../src/actors/files/files.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('files');
hostActors({ files: faulty(filesActor) });
