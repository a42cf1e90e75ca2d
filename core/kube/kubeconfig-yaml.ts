import { LineCounter, parseDocument } from "yaml";
import { Failure } from "#core/model/errors.ts";

/** Apart, since most programs that come here with JSON never need the parser. */
export function parseKubeconfigYaml(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const error = document.errors[0];
  if (error === undefined) return document.toJS();
  const { line, col } = lines.linePos(error.pos[0]);
  // Neither the parser's message nor its error as cause: both quote the source, which may be a token.
  const kind = error.code.toLowerCase().replaceAll("_", " ");
  throw new Failure(
    "kubeconfig-broken",
    `kubeconfig ${file}: line ${line}, column ${col}: not valid YAML (${kind})`,
  );
}
