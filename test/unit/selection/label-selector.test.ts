import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { compileLabelSelector } from "#core/selection/label-selector.ts";

describe("compileLabelSelector", () => {
  const labels = { app: "web", tier: "db", "example.com/n": "7", in: "x", empty: "" };

  test.each([
    ["", true],
    ["app=web", true],
    ["app == web", true],
    ["app=api", false],
    ["app!=web", false],
    ["missing!=web", true],
    ["app in (api, web)", true],
    ["app in(api)", false],
    ["app notin (api,db)", true],
    ["app notin (web)", false],
    ["missing notin (web)", true],
    ["app", true],
    ["missing", false],
    ["!missing", true],
    ["! app", false],
    ["example.com/n>6", true],
    ["example.com/n>7", false],
    ["example.com/n < 8", true],
    ["app<8", false],
    ["app=web,tier=db", true],
    ["app=web,tier=x", false],
    ["empty=", true],
    ["app=", false],
    ["empty in (,a)", true],
    ["in=x", true],
    ["toString", false],
  ])("%s is %s", (selector, expected) => {
    expect(compileLabelSelector(selector)(labels)).toBe(expected);
  });

  test.each([
    ["app=web,", 9],
    ["=web", 1],
    ["app in web", 8],
    ["app in (web", 12],
    ["a=b c", 5],
    ["a>x", 3],
    ["-a", 1],
    ["a/b/c=d", 1],
    ["a=-", 3],
    [",", 1],
    ["a(b)", 2],
  ])("refuses %s, pointing at position %i", (selector, position) => {
    expect(() => compileLabelSelector(selector)).toThrow(Failure);
    expect(() => compileLabelSelector(selector)).toThrow(`at position ${position}:`);
  });

  test("a requirement and its opposite never agree", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
    const anyLabels = fc.dictionary(word, word, { maxKeys: 4 });
    fc.assert(
      fc.property(
        word,
        fc.array(word, { minLength: 1, maxLength: 3 }),
        anyLabels,
        (...[key, values, given]) => {
          const set = values.join(",");
          for (const [left, right] of [
            [`${key}=${values[0]}`, `${key}!=${values[0]}`],
            [`${key} in (${set})`, `${key} notin (${set})`],
            [key, `!${key}`],
          ] as const) {
            expect(compileLabelSelector(left)(given)).toBe(!compileLabelSelector(right)(given));
          }
        },
      ),
    );
  });
});
