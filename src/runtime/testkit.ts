/** For tests of actors: virtual time, orders of messages and crashes from a seed. */
export { explore, ScheduleFailure, type ExploreOptions, type World } from './testkit/explore.js';
