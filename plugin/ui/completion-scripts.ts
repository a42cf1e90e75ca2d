import { Failure } from "#core/model/errors.ts";
import { didYouMean } from "#core/model/nearest.ts";

/**
 * Each script asks `kubectl-backup __complete WORDS…`, whose last line `:n` is kubectl's directive: 0 leaves the word to the
 * shell's own completion of files, 4 does not.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# Bash breaks words at the characters of COMP_WORDBREAKS, of which = and : lie within ours (--flag=value, URLs): they are put
# together again, and of a candidate only what is behind the last of them is handed back.
_kubectl_backup() {
  local breaks="" rest=$COMP_LINE words=() word line directive i
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $i -gt 0 && $rest != [[:space:]]* ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    rest=\${rest#"\${rest%%[![:space:]]*}"}
    rest=\${rest#"$word"}
  done
  for i in "\${!words[@]}"; do
    word=\${words[i]}
    case $word in [\\'\\"]*) word=\${word:1} && words[i]=\${word%[\\'\\"]} ;; esac
  done
  local current=\${words[\${#words[@]}-1]} broken=""
  [[ -n $breaks && $current == *[$breaks]* ]] && broken=\${current%"\${current##*[$breaks]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in :*) directive=$line && continue ;; esac
    line=\${line%%$'\\t'*}
    [[ $line == "$current"* ]] && COMPREPLY+=("\${line#"$broken"}")
  done < <(kubectl-backup __complete "\${words[@]:1}" 2>/dev/null)
  if [[ $directive == :4 ]]; then compopt +o default 2>/dev/null; fi
}
complete -o default -F _kubectl_backup kubectl-backup
`,
  zsh: `#compdef kubectl-backup
_kubectl_backup() {
  local -a candidates
  local line word about directive
  while IFS= read -r line; do
    case $line in :*) directive=$line; continue ;; esac
    word=\${line%%$'\\t'*} about=""
    [[ $line == *$'\\t'* ]] && about=":\${line#*$'\\t'}"
    candidates+=("\${word//:/\\\\:}$about")
  done < <(kubectl-backup __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if [[ $directive == :0 ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  else
    _describe 'kubectl-backup' candidates
  fi
}
# Run by the completion system as a file of fpath, or sourced.
if [[ \${funcstack[1]} == _kubectl_backup || \${funcstack[1]} == _kubectl-backup ]]; then
  _kubectl_backup "$@"
else
  compdef _kubectl_backup kubectl-backup
fi
`,
  fish: `function __kubectl_backup_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc) "$current"
  set -l lines (kubectl-backup __complete $words[2..-1] 2>/dev/null)
  if test "$lines[-1]" = :0
    set -l glued (string match -r -- '^--[a-z-]+=' $current)
    __fish_complete_path (string replace -- "$glued" '' $current) | string replace -r -- '^' "$glued"
  else
    string match -v -- ':*' $lines
  end
end
complete -c kubectl-backup -f -a '(__kubectl_backup_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName kubectl-backup -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $typed = $commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition }
  $words = @($typed | Select-Object -Skip 1 | ForEach-Object {
    if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" }
  })
  if ($wordToComplete -eq '') {
    # Before 7.3 an empty argument is lost on its way to a program.
    $words += $(if ($PSVersionTable.PSVersion -lt [version]'7.3') { '""' } else { '' })
  }
  $lines = @(kubectl-backup __complete @words 2>$null)
  $candidates = @($lines | Where-Object { $_ -notlike ':*' })
  foreach ($line in $candidates) {
    $word, $about = $line -split "\`t", 2
    if (-not $word.StartsWith($wordToComplete)) { continue }
    if (-not $about) { $about = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
  }
  # An empty answer would make PowerShell offer files.
  if ($candidates.Count -eq 0 -and $lines -contains ':4') { '' }
}
`,
  kubectl: `#!/bin/sh
# kubectl_complete-NAME asks kubectl-NAME: the plugin may be installed under another name.
exec "kubectl-\${0##*kubectl_complete-}" __complete "$@"
`,
};

export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

export function completionScript(shell: string): string {
  const script = SCRIPTS[shell];
  if (script === undefined) {
    throw new Failure("usage", `no completion for "${shell}"`, {
      hint: didYouMean(shell, SHELLS) ?? `one of ${SHELLS.join(", ")}`,
    });
  }
  return script;
}
