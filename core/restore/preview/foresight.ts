import { checkRights } from "#core/kube/check-rights.ts";
import { groupResource } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { PlannedHook } from "#core/restore/hooks/planned-hooks.ts";
import { ServerQuestions } from "./ask-server.ts";
import { checkQuota } from "./check-quota.ts";
import { type Creation, Creations } from "./creations.ts";
import { NeededRights } from "./needed-rights.ts";
import type { PreviewAsk, Previewed, Wished } from "./preview-kind.ts";
import { Uncheckable } from "./uncheckable.ts";

/** So many objects are kept until the server is asked about them. */
const ASKED_AT_ONCE = 200;

/** What stands against the writes that a restore would do: rights, quotas, and what the server says. */
export class Foresight {
  readonly #ask: PreviewAsk;
  readonly #needs: NeededRights;
  readonly #creations = new Creations();
  readonly #uncheckable = new Uncheckable();
  readonly #questions: ServerQuestions;
  #unasked: Wished[] = [];

  constructor(ask: PreviewAsk) {
    this.#ask = ask;
    this.#needs = new NeededRights(ask);
    this.#questions = new ServerQuestions(ask, this.#uncheckable);
  }

  async add({ verdict, wished }: Previewed, hooks: readonly PlannedHook[]): Promise<void> {
    if (wished === undefined) return;
    const { target } = wished;
    this.#needs.addHooks(hooks);
    this.#needs.add(verdict, wished);
    if (verdict.action === "create") this.#creations.add(this.#creationOf(wished));
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
      rights: await checkRights(this.#needs.all, { cluster, signal }),
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

  #creationOf({ item, target: { kind, namespace }, intended }: Wished): Creation {
    const { owners } = this.#ask.prepared.facts.rules;
    const isOwned = item.ownerUids.some((uid) => {
      const fate = owners.get(uid);
      return fate === "created" || fate === "exists";
    });
    return { kind, namespace, object: intended, isOwned };
  }
}

/** A dry run does not see that an address or a port is taken. */
function isAllotted({ item, object }: Wished): boolean {
  if (groupResource(item) !== "services") return false;
  return (
    textAt(object, ["spec", "clusterIP"]) !== "None" && textAt(object, ["spec", "type"]) !== "ExternalName"
  );
}
