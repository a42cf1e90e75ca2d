import { defineCommand } from "#plugin/command.ts";
import { completionScript, SHELLS } from "#plugin/ui/completion-scripts.ts";

export const completionCommand = defineCommand({
  words: ["completion"],
  summary: "Print a shell's completion script",
  description:
    "For `kubectl backup <TAB>` kubectl itself asks a program named kubectl_complete-backup on PATH: `kubectl backup completion kubectl` prints it. kubectl-backup itself is completed by the script of your shell, sourced at its start.",
  positionals: [{ name: "SHELL", describe: SHELLS.join(", "), required: true, choices: SHELLS }],
  flags: {},
  examples: [
    { command: "source <(kubectl backup completion bash)", meaning: "complete kubectl-backup in this bash" },
    {
      command:
        "kubectl backup completion kubectl | sudo tee /usr/local/bin/kubectl_complete-backup >/dev/null && sudo chmod +x /usr/local/bin/kubectl_complete-backup",
      meaning: "complete `kubectl backup` wherever kubectl completes",
    },
  ],
  exitCodes: [0, 2],
  run({ positionals: [shell = ""] }, app) {
    app.stdout.write(completionScript(shell));
    return Promise.resolve(0 as const);
  },
});
