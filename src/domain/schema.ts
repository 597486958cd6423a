/**
 * Whatever is written to a file or read from one is defined once, as a schema: its type is inferred from it, what is read is checked by it, and
 * the JSON Schema in `docs/schemas` is generated from it (docs/adr/0015).
 */
import * as z from "zod";
import { suggest } from "./suggest.ts";

/** The type of what a schema lets through, read-only at every level. */
export type From<S extends z.ZodType> = DeepReadonly<z.output<S>>;

type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** A field that older records lack and that they are given as they are read (`src/record/migrate.ts`): required by its type, not by the check. */
export const addedLater = <S extends z.ZodType>(schema: S): S => z.exactOptional(schema) as z.ZodType as S;

export type Path = readonly (string | number)[];

export interface Fault {
  readonly path: Path;
  /** `"stop.signals[0]" must be one of SIGTERM, SIGINT, found "TERM"`. */
  readonly what: string;
}

export type Checked<T> =
  { readonly kind: "fits"; readonly content: T } | ({ readonly kind: "fault" } & Fault);

/** What was found, if it fits, or the first fault. `root` is what the whole of it is called. */
export const checked = <S extends z.ZodType>(schema: S, found: unknown, root: string): Checked<From<S>> => {
  const { error } = schema.safeParse(found, { error: wordingOf });
  // A misspelt key is missing under its right name, too.
  const issue = error?.issues.find(({ code }) => code === "unrecognized_keys") ?? error?.issues[0];
  // What was found itself and not zod's copy, which lacks keys that this version does not know.
  if (issue === undefined) return { kind: "fits", content: found as From<S> };
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  return {
    kind: "fault",
    path: [...path, ...unknown],
    what: `${nameOf(path, root)} ${issue.message}`,
  };
};

/** The same, in a JSON text. */
export const checkedJson = <S extends z.ZodType>(schema: S, text: string, root: string): Checked<From<S>> => {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { kind: "fault", path: [], what: `${root} is no JSON: ${text.slice(0, 80)}` };
  }
  return checked(schema, found, root);
};

const nameOf = (path: Path, root: string): string =>
  path.length === 0
    ? root
    : `"${path
        .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
        .join("")
        .replace(/^\./, "")}"`;

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  tuple: "a list",
  null: "null",
};

const wordingOf: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is missing"
        : `must be ${EXPECTED[issue.expected] ?? issue.expected}${foundIn(issue.input)}`;
    case "invalid_value":
      return issue.input === undefined ? "is missing" : oneOf(issue.values, issue.input);
    case "invalid_union": {
      const { discriminator, options } = issue;
      if (discriminator === undefined || !Array.isArray(options)) return undefined;
      const told = (issue.input as Readonly<Record<string, unknown>>)[discriminator];
      return told === undefined ? "is missing" : oneOf(options, told);
    }
    case "unrecognized_keys": {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      const [key = ""] = issue.keys;
      return `has the unknown key "${key}"; ${meant(key, known) ?? `known: ${known.join(", ")}`}`;
    }
    case "too_small":
      if (issue.origin === "number" || issue.origin === "int")
        return `must be ${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}${foundIn(issue.input)}`;
      return issue.minimum === 1
        ? "must not be empty"
        : `must hold at least ${issue.minimum} ${partsOf(issue.origin)}${foundIn(issue.input)}`;
    case "too_big":
      return issue.origin === "number" || issue.origin === "int"
        ? `must be at most ${issue.maximum}${foundIn(issue.input)}`
        : `must hold at most ${issue.maximum} ${partsOf(issue.origin)}${foundIn(issue.input)}`;
    case "invalid_format":
      return issue.format === "datetime"
        ? `must be a time such as 2026-01-31T12:00:00Z${foundIn(issue.input)}`
        : `must match ${issue.pattern ?? issue.format}${foundIn(issue.input)}`;
    case "invalid_key":
      return `is a name that ${issue.issues[0]?.message ?? "is not allowed"}`;
    case "not_multiple_of":
    case "invalid_element":
    case "custom":
      return undefined;
  }
};

const partsOf = (origin: string): string => (origin === "string" ? "characters" : "entries");

const oneOf = (known: readonly unknown[], found: unknown): string => {
  const words = known.map(String);
  const suggestion = typeof found === "string" ? meant(found, words) : undefined;
  if (suggestion !== undefined) return `cannot be ${JSON.stringify(found)}; ${suggestion}`;
  return `must be ${words.length === 1 ? "" : "one of "}${words.join(", ")}${foundIn(found)}`;
};

const meant = (word: string, known: readonly string[]): string | undefined => {
  const near = suggest(word, known);
  return near === undefined ? undefined : `did you mean "${near}"?`;
};

const MAX_SHOWN = 60;

const foundIn = (input: unknown): string => {
  const text = jsonOf(input);
  return `, found ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text}`;
};

const jsonOf = (input: unknown): string => {
  try {
    return JSON.stringify(input) ?? "nothing";
  } catch {
    return "what cannot be shown: it is nested too deeply, or holds itself";
  }
};
