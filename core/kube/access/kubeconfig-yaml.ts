import { LineCounter, parseDocument } from "yaml";
import { Failure } from "#core/model/errors.ts";

/** Apart, since most programs that come here with JSON never need the parser. */
export function parseKubeconfigYaml(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const error = document.errors[0];
  // Neither the parser's message nor its error as cause: both quote the source, which may be a token.
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw broken(file, `line ${line}, column ${col}: not valid YAML (${inWords(error.code)})`);
  }
  try {
    return document.toJS();
  } catch {
    throw broken(file, "an alias (*name) has no anchor (&name) before it, or there are too many of them");
  }
}

function inWords(code: string): string {
  return code.toLowerCase().replaceAll("_", " ");
}

function broken(file: string, problem: string): Failure {
  return new Failure("kubeconfig-broken", `kubeconfig ${file}: ${problem}`);
}
