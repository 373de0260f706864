/** The numbers of peers that run older programs, as the node holds them. */

/** Bounds and times of foreign routes. */
export const foreignRoutes = {
  /**
   * Utterances of a later connection wait for those of an earlier one of the same program and address that is still
   * open: several threads read a burst of connections, and its order must stay. They wait for `orderReleasesMax` releases from
   * when the earlier one is read: 1 s on a machine that is not overloaded.
   */
  orderReleasesMax: 20,
  /** Releases for an earlier connection of which nothing was read: 5 s, since its thread waits for its turn on a busy machine. */
  orderUnreadReleasesMax: 100,
  orderReleaseMs: 50,
  /** Failed key exchanges of cmp2204 after which a message fails: one for each form of a number, and one more. */
  keyTriesMax: 4,
  /** Exchanges that nobody ended after which their form counts as failed: a program may just have been stopped once. */
  keySilencesMax: 2,
  /** Pause before a message whose time is over is looked at again while its connection stands. */
  standingCheckMs: 1_000,
  /** Pause between two sentences of one kind about one program of one host. */
  toldEveryMs: 5_000,
  /** The same pause where nobody knows whether a chat program sent it: a monitor may ask every port each minute. */
  unheardToldEveryMs: 10 * 60_000,
  /** Hosts and programs for which this pause is kept: a class of hundreds. */
  toldMax: 512,
  /** Pause between two checks of the peers that send no announcements. */
  ageEveryMs: 5_000,
  /** Time in which peers hear that the node ends. A peer that is not reached by then misses it. */
  farewellMs: 1_000,
} as const;
