/** The wording of a name that another key bears now. */

/** Returns the failure, its cause and its remedy. `claimant`: the new key by name and tag; empty: not known. */
export function keyChangedWords({
  peer,
  claimant,
}: {
  readonly peer: string;
  readonly claimant: string;
}): [what: string, why: string, remedy: string] {
  const [bearer, fresh] = claimant === '' ? ['somebody', 'NAME#TAG of the new key'] : [claimant, claimant];
  return [
    `"${peer}" has another key than before`,
    `${bearer} has that name now: a new device, or a person who poses as the peer`,
    `compare codes with "parlance verify", then "parlance contact accept ${fresh}" or "parlance contact reject ${fresh}"`,
  ];
}
