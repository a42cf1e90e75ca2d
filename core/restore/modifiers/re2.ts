/**
 * Go's regular expressions (RE2), as Velero takes them. They run in time that grows with the text and the expression
 * alone, whoever wrote them. The door to the library: a quarter of a megabyte, reached by import() alone, since only
 * modifiers with patterns need it.
 */
import { RE2JS } from "re2js";

export type NameTest = (name: string) => boolean;

/** Matches anywhere in a name. Throws where Go would not take it, too. */
export function searchFor(expression: string): NameTest {
  const compiled = RE2JS.compile(expression);
  return (name) => compiled.test(name);
}

/** Matches a name from end to end. */
export function matchWhole(expression: string): NameTest {
  const compiled = RE2JS.compile(expression);
  return (name) => compiled.testExact(name);
}

export function literally(text: string): string {
  return RE2JS.quote(text);
}
