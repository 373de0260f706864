/** The numbers of the doctor's shell: times and bounds of what it runs and reads. */

/** Tools of the system, listening and questions to the node. */
export const doctorShell = {
  /** Time for one tool: each of them reads tables of the kernel, which takes milliseconds. */
  toolMs: 4_000,
  /** Characters of a reason that a tool gives. */
  reasonCharsMax: 200,
  /** Time for a connection from this machine to itself. */
  connectMs: 2_000,
  /** Pause between two looks at what the node has heard. */
  pollMs: 250,
  /** Time that an announcement may take beyond the interval of announcements. */
  marginMs: 1_000,
  /** Files of a home whose mode is checked. */
  filesMax: 200,
} as const;
