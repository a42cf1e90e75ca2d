import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { MentionBook } from "#core/restore/mapping/old-mentions.ts";

function found(
  data: ExactObject,
  namespaceMapping: Record<string, string> = { shop: "copy" },
): readonly string[] {
  const book = new MentionBook({ namespaceMapping });
  const target = { namespace: "copy", name: "one" };
  const metadata = { namespace: "copy", name: "one", labels: { app: "shop" } };
  book.note({ item: { group: "", resource: "configmaps" }, target, object: { metadata, data } });
  return book.mentions.map(({ text }) => text);
}

describe("what still speaks of the old namespace", () => {
  it.for([
    ["http://web.shop/x", "web.shop"],
    ["web.shop.svc.cluster.local:80", "web.shop.svc.cluster.local:80"],
    ["tcp:web.shop:5432", "web.shop:5432"],
    ["postgres://user:secret@db.shop.svc", "db.shop.svc"],
    ["*.shop.svc", "shop.svc"],
    ["shop.svc.cluster.local", "shop.svc.cluster.local"],
    ["--namespace=shop", "namespace=shop"],
    ["x:\n  namespace: shop\n", "namespace: shop"],
  ] as const)("%s", ([text, expected]) => {
    expect(found({ text })).toEqual([expected]);
  });

  it("in a reference that no mapping knows", () => {
    expect(found({ ref: { namespace: "shop", name: "x" } })).toEqual(['namespace":"shop']);
  });

  it.for([
    ["shop"],
    ["workshop.svc"],
    ["web.shopping.svc"],
    ["web.shop-two"],
    ["shop.example.com"],
    ["a.shop.example.com"],
    ["namespace=shop-two"],
  ] as const)("and not %s", ([text]) => {
    expect(found({ text })).toEqual([]);
  });

  it("and nothing where no namespace gets another name", () => {
    expect(found({ text: "web.shop.svc" }, {})).toEqual([]);
    expect(found({ text: "web.shop.svc" }, { shop: "shop" })).toEqual([]);
  });

  it("is named for a thousand objects and no more", () => {
    const book = new MentionBook({ namespaceMapping: { shop: "copy" } });
    const object = { data: "web.shop.svc" };
    const target = { namespace: "copy", name: "one" };
    for (let count = 0; count < 1_100; count += 1)
      book.note({ item: { group: "", resource: "x" }, target, object });
    expect(book.mentions).toHaveLength(1_000);
  });
});
