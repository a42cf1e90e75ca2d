import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { isOfAnother } from "#core/kube/changed-identity.ts";
import type { Cluster, WriteOptions, WriteReply } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { type ExactObject, stringifyExact } from "#core/objects/exact-json.ts";
import { isThere } from "#core/restore/existing.ts";
import { ruleFor } from "#core/restore/rules.ts";
import type { PreviewAsk, Wished } from "./preview-kind.ts";
import type { Uncheckable } from "./uncheckable.ts";

/** What the server said of one object that would be written. */
export interface ServerWord {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

export interface ServerAnswers {
  readonly asked: number;
  /** The first thousand each. */
  readonly refused: readonly ServerWord[];
  readonly warned: readonly ServerWord[];
}

const QUESTIONS_IN_FLIGHT = 16;
const SHOWN = 1_000;
const UNKNOWN_FIELDS = /strict decoding error/i;
const NO_DRY_RUN = /does not support dry run/i;

/** Asks the server of each object what it would say, by dry runs: it goes all its ways and stores nothing. */
export class ServerQuestions {
  readonly #ask: PreviewAsk;
  readonly #uncheckable: Uncheckable;
  readonly #refused: ServerWord[] = [];
  readonly #warned: ServerWord[] = [];
  #asked = 0;

  constructor(ask: PreviewAsk, uncheckable: Uncheckable) {
    this.#ask = ask;
    this.#uncheckable = uncheckable;
  }

  async ask(wishes: readonly Wished[]): Promise<void> {
    const { signal } = this.#ask;
    const askable = wishes.filter((wished) => this.#isAskable(wished));
    await forEachLimited(askable, { concurrency: QUESTIONS_IN_FLIGHT, signal }, async (wished, stop) => {
      this.#asked += 1;
      this.#note(wished, await answerTo(this.#ask, wished, stop));
    });
  }

  get answers(): ServerAnswers {
    return { asked: this.#asked, refused: sorted(this.#refused), warned: sorted(this.#warned) };
  }

  /** What will only be there once the restore has begun cannot be asked about. */
  #isAskable({ item, target, change }: Wished): boolean {
    const { facts, liveNamespaces } = this.#ask.prepared;
    const reason = !facts.targetKind(item).served
      ? "kind-to-come"
      : target.namespace !== "" && !liveNamespaces.has(target.namespace)
        ? "namespace-to-come"
        : change === undefined && isThere(target.live)
          ? "deleted-first"
          : undefined;
    if (reason !== undefined) this.#uncheckable.add(reason, target);
    return reason === undefined;
  }

  #note({ target, change }: Wished, { reply, warnings }: Answer): void {
    for (const warning of warnings) show(this.#warned, wordOf(target, warning));
    if (reply.ok) return;
    if (NO_DRY_RUN.test(reply.message)) this.#uncheckable.add("webhook-without-dry-run", target);
    else if (change !== undefined && (reply.status === 409 || isOfAnother(reply)))
      this.#uncheckable.add("changed-meanwhile", target);
    else show(this.#refused, wordOf(target, reply.message));
  }
}

interface Answer {
  readonly reply: WriteReply;
  readonly warnings: readonly string[];
}

/** As it is written: with the same second tries, and unknown fields are refusals only where the request is strict. */
async function answerTo(ask: PreviewAsk, wished: Wished, signal: AbortSignal): Promise<Answer> {
  const strict = await send(ask.cluster, wished, { body: bodyOf(wished), validation: "Strict", signal });
  const isLenient = !strict.ok && UNKNOWN_FIELDS.test(strict.message) && !ask.request.strict;
  const reply = isLenient
    ? await send(ask.cluster, wished, { body: bodyOf(wished), validation: "Warn", signal })
    : strict;
  if (reply.ok) return { reply, warnings: reply.warnings };
  const { status, message } = reply;
  const softened = ruleFor(wished.item).afterRefusal?.(bodyOf(wished), {
    status,
    message,
    request: ask.request,
  });
  if (softened === undefined) return { reply, warnings: reply.warnings };
  const again = await send(ask.cluster, wished, { body: softened.object, validation: "Warn", signal });
  return { reply: again, warnings: [...again.warnings, softened.warning] };
}

interface Question {
  readonly body: ExactObject;
  readonly validation: "Strict" | "Warn";
  readonly signal: AbortSignal;
}

function send(
  cluster: Cluster,
  { target, change }: Wished,
  { body, validation, signal }: Question,
): Promise<WriteReply> {
  const ref = { resource: target.kind, namespace: target.namespace, name: target.name };
  const options: WriteOptions = { dryRun: true, fieldValidation: validation, signal };
  const bytes = Buffer.from(stringifyExact(body));
  switch (change?.how) {
    case "patch":
      return cluster.patch(ref, { type: "merge", body: bytes }, options);
    case "replace":
      return cluster.replace(ref, bytes, options);
    case undefined:
      return cluster.create(ref, bytes, options);
  }
}

function bodyOf({ change, object, original }: Wished): ExactObject {
  return change?.body ?? { ...object, apiVersion: object["apiVersion"] ?? original["apiVersion"] ?? "" };
}

interface Target {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
}

function wordOf({ kind, namespace, name }: Target, message: string): ServerWord {
  return { group: kind.group, resource: kind.resource, namespace, name, message };
}

function show(list: ServerWord[], word: ServerWord): void {
  if (list.length < SHOWN) list.push(word);
}

/** The answers come in any order. */
function sorted(words: readonly ServerWord[]): readonly ServerWord[] {
  const key = (word: ServerWord) => JSON.stringify(word);
  return words.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}
