/** The completions of shells. Each script asks the program for candidates, one a line: `WORD<TAB>MEANING`. */

/** Shells with completions. */
export const shells = ['bash', 'zsh', 'fish'] as const;
/** A shell with completions. */
export type Shell = (typeof shells)[number];

const bash = `_parlance() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    [ -z "$word" ] || COMPREPLY+=("$(printf '%q' "$word")")
  done < <(parlance complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _parlance parlance
`;

const zsh = `_parlance() {
  local word meaning
  local -a found shown
  while IFS=$'\\t' read -r word meaning; do
    [[ -z "$word" ]] && continue
    found+=("$word")
    shown+=("$word\${meaning:+  $meaning}")
  done < <(parlance complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && compadd -l -d shown -a found || _files
}
compdef _parlance parlance
`;

const fish = `function __parlance_complete
  set -l words (commandline -opc)
  parlance complete -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c parlance -f -a '(__parlance_complete)'
`;

/** The scripts by shell. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
