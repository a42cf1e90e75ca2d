/**
 * The grammar of RFC 8259 as one table: next state = TRANSITIONS[state * 32 + CLASS_OF[byte]]. A state is one small
 * number that knows what it stands in (an object, an array, neither), so a scan can stop at any byte and go on in the
 * next chunk, and only brackets need a stack. The states are in three sorts, told apart by their order: places,
 * places within a string, and things to do (json-scanner.ts does them).
 */
const CONTAINERS = ["top", "object", "array"] as const;
type Container = (typeof CONTAINERS)[number];

const HEX = ["hex1", "hex2", "hex3", "hex4"] as const;
const KEY_HEX = ["keyHex1", "keyHex2", "keyHex3", "keyHex4"] as const;
const NUMBER = ["minus", "zero", "integer", "dot", "fraction", "exponent", "exponentSign", "digits"] as const;
/** Each proper beginning of true, false and null. */
const LITERAL = ["t", "tr", "tru", "f", "fa", "fal", "fals", "n", "nu", "nul"] as const;
const EVERYWHERE = ["value", "after", "escape", ...HEX, ...NUMBER, ...LITERAL];

const STATES = [
  "error",
  ...CONTAINERS.flatMap((container) => EVERYWHERE.map((place) => `${container} ${place}`)),
  ...["object first", "array first", "object key", "object colon", "object keyEscape"],
  ...KEY_HEX.map((place) => `object ${place}`),
  // Within a string.
  ...["top inString", "object inString", "array inString", "object inKey"],
  // Things to do.
  ...["openObject", "openArray", "close", "done", "numberEnd"],
];

function stateOf(name: string): number {
  const state = STATES.indexOf(name);
  if (state === -1) throw new Error(`no state is called ${name}`);
  return state;
}

export const State = {
  error: stateOf("error"),
  value: stateOf("top value"),
  objectFirst: stateOf("object first"),
  arrayFirst: stateOf("array first"),
  afterInObject: stateOf("object after"),
  afterInArray: stateOf("array after"),
  openObject: stateOf("openObject"),
  openArray: stateOf("openArray"),
  close: stateOf("close"),
  /** A number outside of brackets ended on the byte before; this one belongs to what follows. */
  numberEnd: stateOf("numberEnd"),
} as const;

export const FIRST_STRING = stateOf("top inString");
export const FIRST_ACTION = State.openObject;

const WHITE = " \t\n\r";
/** Bytes that the grammar tells apart; all others are class 0. */
const CLASSES = [
  ...["\t\n\r", " ", '"', "\\", "/", "{", "}", "[", "]", ",", ":", "-", "+", ".", "0", "123456789"],
  ...["a", "b", "cdABCDF", "e", "E", "f", "l", "n", "r", "s", "t", "u"],
];
const CONTROL = CLASSES.length + 1;

export const CLASS_OF = new Uint8Array(256);
CLASS_OF.fill(CONTROL, 0, 0x20);
for (const [index, bytes] of CLASSES.entries()) {
  for (const byte of Buffer.from(bytes)) CLASS_OF[byte] = index + 1;
}

/** 1 for the bytes that a string consists of, which nothing need be done about. */
export const PLAIN = new Uint8Array(256).fill(1);
PLAIN.fill(0, 0, 0x20);
for (const byte of Buffer.from('"\\')) PLAIN[byte] = 0;

export const TRANSITIONS = new Uint8Array(STATES.length * 32);

function on(from: string, bytes: string, to: string): void {
  const row = stateOf(from) * 32;
  for (const byte of Buffer.from(bytes)) TRANSITIONS[row + (CLASS_OF[byte] ?? 0)] = stateOf(to);
}

interface StringStates {
  readonly inside: string;
  readonly escape: string;
  readonly hex: readonly string[];
  readonly end: string;
}

function string({ inside, escape: escaped, hex, end }: StringStates): void {
  const row = stateOf(inside) * 32;
  TRANSITIONS.fill(stateOf(inside), row, row + 32);
  for (const raw of [CONTROL, CLASS_OF[0x0a] ?? 0]) TRANSITIONS[row + raw] = State.error;
  on(inside, "\\", escaped);
  on(inside, '"', end);
  on(escaped, '"\\/bfnrt', inside);
  on(escaped, "u", hex[0] ?? "error");
  for (const [index, state] of hex.entries()) on(state, "0123456789abcdefABCDEF", hex[index + 1] ?? inside);
}

/** What may follow a whole value: the same bytes end a number, which has no end of its own. */
function afterValue(from: string, container: Container): void {
  on(from, WHITE, `${container} after`);
  if (container === "object") {
    on(from, ",", "object key");
    on(from, "}", "close");
  } else if (container === "array") {
    on(from, ",", "array value");
    on(from, "]", "close");
  } else {
    on(from, `${WHITE},]}`, "numberEnd");
  }
}

function number(container: Container): void {
  const at = (place: (typeof NUMBER)[number]) => `${container} ${place}`;
  on(at("minus"), "0", at("zero"));
  for (const from of ["minus", "integer"] as const) on(at(from), "123456789", at("integer"));
  on(at("integer"), "0", at("integer"));
  for (const from of ["zero", "integer"] as const) on(at(from), ".", at("dot"));
  for (const from of ["dot", "fraction"] as const) on(at(from), "0123456789", at("fraction"));
  for (const from of ["zero", "integer", "fraction"] as const) on(at(from), "eE", at("exponent"));
  on(at("exponent"), "+-", at("exponentSign"));
  for (const from of ["exponent", "exponentSign", "digits"] as const)
    on(at(from), "0123456789", at("digits"));
  for (const from of ["zero", "integer", "fraction", "digits"] as const) afterValue(at(from), container);
}

function literals(container: Container, end: string): void {
  for (const word of ["true", "false", "null"]) {
    for (let i = 1; i < word.length; i++) {
      const next = i + 1 === word.length ? end : `${container} ${word.slice(0, i + 1)}`;
      on(`${container} ${word.slice(0, i)}`, word[i] ?? "", next);
    }
  }
}

function valueStart(from: string, container: Container): void {
  on(from, WHITE, from);
  on(from, "{", "openObject");
  on(from, "[", "openArray");
  on(from, '"', `${container} inString`);
  on(from, "-", `${container} minus`);
  on(from, "0", `${container} zero`);
  on(from, "123456789", `${container} integer`);
  for (const letter of ["t", "f", "n"]) on(from, letter, `${container} ${letter}`);
}

for (const container of CONTAINERS) {
  const end = container === "top" ? "done" : `${container} after`;
  valueStart(`${container} value`, container);
  string({
    inside: `${container} inString`,
    escape: `${container} escape`,
    hex: HEX.map((place) => `${container} ${place}`),
    end,
  });
  number(container);
  literals(container, end);
  if (container !== "top") afterValue(`${container} after`, container);
}
valueStart("array first", "array");
on("array first", "]", "close");
for (const from of ["object first", "object key"]) {
  on(from, WHITE, from);
  on(from, '"', "object inKey");
}
on("object first", "}", "close");
string({
  inside: "object inKey",
  escape: "object keyEscape",
  hex: KEY_HEX.map((place) => `object ${place}`),
  end: "object colon",
});
on("object colon", WHITE, "object colon");
on("object colon", ":", "object value");
