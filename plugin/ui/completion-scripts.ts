import { Failure } from "#core/model/errors.ts";
import { didYouMean } from "#core/model/nearest.ts";

/** Each script asks `kubectl-backup __complete WORDS…`, whose last line `:n` is kubectl's directive. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_kubectl_backup() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in :*) continue ;; esac
    line=\${line%%$'\\t'*}
    case $line in "\${COMP_WORDS[COMP_CWORD]}"*) COMPREPLY+=("$line") ;; esac
  done < <(kubectl-backup __complete "\${words[@]}" 2>/dev/null)
}
complete -o default -F _kubectl_backup kubectl-backup
`,
  zsh: `#compdef kubectl-backup
_kubectl_backup() {
  local -a candidates
  local line
  while IFS= read -r line; do
    [[ $line == :* ]] && continue
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(kubectl-backup __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe 'kubectl-backup' candidates
}
compdef _kubectl_backup kubectl-backup
`,
  fish: `function __kubectl_backup_complete
  set -l words (commandline -opc) (commandline -ct)
  kubectl-backup __complete $words[2..-1] 2>/dev/null | string match -v ':*'
end
complete -c kubectl-backup -f -a '(__kubectl_backup_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName kubectl-backup -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '' }
  kubectl-backup __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $word = ($_ -split "\`t")[0]
    if ($word -like "$wordToComplete*") { [System.Management.Automation.CompletionResult]::new($word) }
  }
}
`,
  kubectl: `#!/bin/sh
exec kubectl-backup __complete "$@"
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
