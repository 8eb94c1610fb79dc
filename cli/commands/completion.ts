import { EXIT } from '../exit-code.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/*
 * Each script hands the words before the cursor to `rwkv-build __complete`, which answers with a line a
 * candidate, `name TAB description`. No answer means: file names.
 */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_rwkv_build() {
  local found
  found=$(rwkv-build __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
  local IFS=$'\\n'
  COMPREPLY=($found)
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace ;; esac
}
complete -o default -F _rwkv_build rwkv-build`,
  zsh: `#compdef rwkv-build
_rwkv_build() {
  local -a names descriptions
  local line
  while IFS= read -r line; do
    names+=("\${line%%$'\\t'*}")
    descriptions+=("\${line/$'\\t'/  }")
  done < <(rwkv-build __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#names} )); then compadd -l -d descriptions -a names; else _files; fi
}
if (( \${+functions[compdef]} )); then compdef _rwkv_build rwkv-build; fi`,
  fish: `function __rwkv_build_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (rwkv-build __complete $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c rwkv-build -f -a '(__rwkv_build_complete)'`,
};

/** Prints the completion script of a shell. */
export function completion(shell: Shell): number {
  process.stdout.write(`${SCRIPTS[shell]}\n`);
  return EXIT.ok;
}
