/**
 * The grammar of RFC 8259 as one table: next state = TRANSITIONS[state * 32 + CLASS_OF[byte]]. A state is one small
 * number, so a scan can stop at any byte of a value and go on in the next chunk. States from FIRST_ACTION on are not
 * places but things to do (json-scanner.ts does them).
 */
const STATE_NAMES = [
  "error",
  "value",
  "arrayStart",
  "objectStart",
  "key",
  "colon",
  "after",
  "escape",
  "hex1",
  "hex2",
  "hex3",
  "hex4",
  "keyEscape",
  "keyHex1",
  "keyHex2",
  "keyHex3",
  "keyHex4",
  "minus",
  "zero",
  "integer",
  "dot",
  "fraction",
  "exponent",
  "exponentSign",
  "exponentDigits",
  "t",
  "tr",
  "tru",
  "f",
  "fa",
  "fal",
  "fals",
  "n",
  "nu",
  "nul",
  "inString",
  "inKey",
  // Things to do, from here on.
  "openObject",
  "openArray",
  "closeObject",
  "closeArray",
  "comma",
  "valueEnd",
  /** A number ended on the byte before; the delimiter is to be looked at again. */
  "numberEnd",
] as const;
type StateName = (typeof STATE_NAMES)[number];

const numberOf = (name: StateName): number => STATE_NAMES.indexOf(name);

export const State = {
  error: numberOf("error"),
  value: numberOf("value"),
  arrayStart: numberOf("arrayStart"),
  objectStart: numberOf("objectStart"),
  key: numberOf("key"),
  after: numberOf("after"),
  inString: numberOf("inString"),
  openObject: numberOf("openObject"),
  openArray: numberOf("openArray"),
  closeObject: numberOf("closeObject"),
  closeArray: numberOf("closeArray"),
  comma: numberOf("comma"),
  valueEnd: numberOf("valueEnd"),
  numberEnd: numberOf("numberEnd"),
} as const;

/** Places within a string, then things to do: the order of the names above keeps the three sorts apart. */
export const FIRST_STRING = State.inString;
export const FIRST_ACTION = State.openObject;

const WHITE = " \t\n\r";
/** Bytes that the grammar tells apart; all others are class 0. */
const CLASSES = [
  "\t\n\r",
  " ",
  '"',
  "\\",
  "/",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "-",
  "+",
  ".",
  "0",
  "123456789",
  "a",
  "b",
  "cdABCDF",
  "e",
  "E",
  "f",
  "l",
  "n",
  "r",
  "s",
  "t",
  "u",
];
const CONTROL = CLASSES.length + 1;

export const CLASS_OF = new Uint8Array(256);
CLASS_OF.fill(CONTROL, 0, 0x20);
for (const [index, bytes] of CLASSES.entries()) {
  for (const byte of Buffer.from(bytes)) CLASS_OF[byte] = index + 1;
}

export const TRANSITIONS = new Uint8Array(STATE_NAMES.length * 32);

function on(from: StateName, bytes: string, to: StateName): void {
  for (const byte of Buffer.from(bytes))
    TRANSITIONS[numberOf(from) * 32 + (CLASS_OF[byte] ?? 0)] = numberOf(to);
}

const STRINGS = {
  value: { inside: "inString", escaped: "escape", hex: ["hex1", "hex2", "hex3", "hex4"], end: "valueEnd" },
  key: {
    inside: "inKey",
    escaped: "keyEscape",
    hex: ["keyHex1", "keyHex2", "keyHex3", "keyHex4"],
    end: "colon",
  },
} as const;

function string({ inside, escaped, hex, end }: (typeof STRINGS)[keyof typeof STRINGS]): void {
  const row = numberOf(inside) * 32;
  TRANSITIONS.fill(numberOf(inside), row, row + 32);
  for (const raw of [CONTROL, CLASS_OF[0x0a] ?? 0]) TRANSITIONS[row + raw] = State.error;
  on(inside, "\\", escaped);
  on(inside, '"', end);
  on(escaped, '"\\/bfnrt', inside);
  on(escaped, "u", hex[0]);
  for (const [index, state] of hex.entries()) on(state, "0123456789abcdefABCDEF", hex[index + 1] ?? inside);
}

function literal(word: "true" | "false" | "null"): void {
  for (let i = 1; i < word.length; i++) {
    const next = i + 1 === word.length ? "valueEnd" : word.slice(0, i + 1);
    // Each proper beginning of the three words is the name of a state.
    on(word.slice(0, i) as StateName, word[i] ?? "", next as StateName);
  }
}

function number(): void {
  on("minus", "0", "zero");
  on("minus", "123456789", "integer");
  on("integer", "0123456789", "integer");
  for (const state of ["zero", "integer"] as const) on(state, ".", "dot");
  on("dot", "0123456789", "fraction");
  on("fraction", "0123456789", "fraction");
  for (const state of ["zero", "integer", "fraction"] as const) on(state, "eE", "exponent");
  on("exponent", "+-", "exponentSign");
  for (const state of ["exponent", "exponentSign", "exponentDigits"] as const)
    on(state, "0123456789", "exponentDigits");
  for (const state of ["zero", "integer", "fraction", "exponentDigits"] as const)
    on(state, `${WHITE},]}`, "numberEnd");
}

function value(from: "value" | "arrayStart"): void {
  on(from, WHITE, from);
  on(from, "{", "openObject");
  on(from, "[", "openArray");
  on(from, '"', "inString");
  on(from, "-", "minus");
  on(from, "0", "zero");
  on(from, "123456789", "integer");
  for (const letter of ["t", "f", "n"] as const) on(from, letter, letter);
}

value("value");
value("arrayStart");
on("arrayStart", "]", "closeArray");
for (const state of ["objectStart", "key"] as const) {
  on(state, WHITE, state);
  on(state, '"', "inKey");
}
on("objectStart", "}", "closeObject");
string(STRINGS.key);
on("colon", WHITE, "colon");
on("colon", ":", "value");
on("after", WHITE, "after");
on("after", ",", "comma");
on("after", "}", "closeObject");
on("after", "]", "closeArray");
string(STRINGS.value);
number();
for (const word of ["true", "false", "null"] as const) literal(word);
