import { groupResource } from "#core/model/item.ts";
import { textAt } from "#core/restore/edit-object.ts";
import { ServerQuestions } from "./ask-server.ts";
import { Creations, checkQuota } from "./check-quota.ts";
import { checkRights, type NeededRight } from "./check-rights.ts";
import type { PreviewAsk, Previewed, Verdict, Wished } from "./preview-kind.ts";
import { Uncheckable } from "./uncheckable.ts";

/** So many objects are kept until the server is asked about them. */
const ASKED_AT_ONCE = 200;

/** What stands against the writes that a restore would do: rights, quotas, and what the server says. */
export class Foresight {
  readonly #ask: PreviewAsk;
  readonly #needs = new Map<string, NeededRight & { readonly namespaces: Set<string> }>();
  readonly #creations = new Creations();
  readonly #uncheckable = new Uncheckable();
  readonly #questions: ServerQuestions;
  #unasked: Wished[] = [];

  constructor(ask: PreviewAsk) {
    this.#ask = ask;
    this.#questions = new ServerQuestions(ask, this.#uncheckable);
  }

  async add({ verdict, wished }: Previewed): Promise<void> {
    if (wished === undefined) return;
    const { target, object } = wished;
    for (const verb of verbsOf(verdict, wished)) this.#need(verb, wished);
    if (verdict.action === "create") this.#creations.add(target.kind, target.namespace, object);
    if (verdict.action !== "update" && isAllotted(wished))
      this.#uncheckable.add("allotted-when-created", target);
    if (!this.#ask.askServer) return;
    this.#unasked.push(wished);
    if (this.#unasked.length >= ASKED_AT_ONCE) await this.#askServer();
  }

  async end() {
    await this.#askServer();
    const { cluster, prepared, signal, askServer } = this.#ask;
    const { liveNamespaces } = prepared;
    const { exceeded, warnings } = await checkQuota(cluster, this.#creations, { liveNamespaces, signal });
    return {
      rights: await checkRights([...this.#needs.values()], { cluster, signal }),
      quota: exceeded,
      uncheckable: this.#uncheckable.found,
      warnings,
      ...(askServer && { server: this.#questions.answers }),
    };
  }

  async #askServer(): Promise<void> {
    const wishes = this.#unasked;
    this.#unasked = [];
    await this.#questions.ask(wishes);
  }

  #need(verb: NeededRight["verb"], { target: { kind, namespace } }: Wished): void {
    const need = this.#needs.getOrInsertComputed(`${verb} ${groupResource(kind)}`, () => ({
      verb,
      kind,
      namespaces: new Set<string>(),
    }));
    need.namespaces.add(namespace);
  }
}

function verbsOf({ action }: Verdict, { change }: Wished): readonly NeededRight["verb"][] {
  if (action === "recreate") return ["delete", "create"];
  if (change === undefined) return ["create"];
  return [change.how === "patch" ? "patch" : "update"];
}

/** A dry run does not see that an address or a port is taken. */
function isAllotted({ item, object }: Wished): boolean {
  if (groupResource(item) !== "services") return false;
  return (
    textAt(object, ["spec", "clusterIP"]) !== "None" && textAt(object, ["spec", "type"]) !== "ExternalName"
  );
}
