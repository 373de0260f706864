import { hostActors } from '../../src/runtime/thread/thread.js';
import { stage } from './pipeline.js';
import { grudging, hasty, leaf, looping, parent } from './family.js';
import { brief, journal, store, worker } from './actors.js';
import { relay } from './neighbours.js';
import { odd, unsettled } from './odd.js';

hostActors({
  brief,
  looping,
  journal,
  store,
  leaf,
  parent,
  hasty,
  grudging,
  worker,
  stage,
  relay,
  odd,
  unsettled,
});
