import { expect, test } from "vitest";
import { escapeControl, renderFields, renderTable } from "#plugin/ui/table.ts";

test("columns are two spaces apart and the last one is not padded", () => {
  expect(
    renderTable(
      ["NAME", "AGE"],
      [
        ["a", "5d"],
        ["longer", "1h"],
      ],
    ),
  ).toBe("NAME    AGE\na       5d\nlonger  1h\n");
});

test("wide characters and combining marks do not shift the columns", () => {
  expect(
    renderTable(
      ["N", "X"],
      [
        ["日本", "1"],
        ["e\u0301", "2"],
      ],
    ),
  ).toBe("N     X\n日本  1\ne\u0301     2\n");
});

test("control characters and direction overrides in names are shown, not obeyed", () => {
  expect(escapeControl("a\u001b[2Jb\nc\u202ed")).toBe("a\\x1b[2Jb\\x0ac\\u202ed");
  expect(renderTable(["NAME"], [["evil\r\nname"]])).toBe("NAME\nevil\\x0d\\x0aname\n");
});

test("fields line up behind their names", () => {
  expect(
    renderFields([
      ["Name", "b1"],
      ["Location", "file:///x"],
    ]),
  ).toBe("Name:      b1\nLocation:  file:///x\n");
});

test("no line ends in spaces, also where the last cells are empty", () => {
  expect(renderTable(["KIND", "COUNT", "WHY"], [["pods", "1", ""]])).toBe("KIND  COUNT  WHY\npods  1\n");
});
