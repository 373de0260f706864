/** The expected failures of the home directory and the settings in it. */

/** Handled at the start: exit codes 6 and 78. */
export type HomeError =
  | { readonly code: 'home/in-use'; readonly home: string; readonly pid: number }
  | { readonly code: 'home/unusable'; readonly home: string; readonly reason: string }
  | { readonly code: 'home/bad-settings'; readonly file: string; readonly detail: string }
  | { readonly code: 'home/bad-identity'; readonly file: string; readonly reason: string };
