/** Reads a file that a person wrote in YAML. Pure: text in, content out; every fault is told with file, line and what was expected. */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLParseError,
} from "yaml";
import type { ZodType } from "zod";
import { messageOf, TareError } from "./errors.ts";
import { checked, type From, type Path } from "./schema.ts";

export interface YamlFile<T> {
  readonly content: T;
  /** @throws TareError `usage` at the line of what lies at the path. `hint`: where the file's own does not help. */
  readonly refuse: (path: Path, what: string, hint?: string) => never;
}

/** Nobody writes more by hand. */
const MAX_CHARACTERS = 1 << 18;

type Parsed =
  | { readonly kind: "parsed"; readonly document: Document; readonly content: unknown }
  | { readonly kind: "fault"; readonly offset: number; readonly what: string };

/** What the text says, or the first reason why it cannot be read; nothing that it holds makes this throw. */
export const parseYaml = (text: string, lineCounter?: LineCounter): Parsed => {
  if (text.length > MAX_CHARACTERS)
    return { kind: "fault", offset: 0, what: `it is longer than ${MAX_CHARACTERS} characters` };
  if (text.includes("\0")) return { kind: "fault", offset: 0, what: "it is no text in UTF-8" };
  try {
    // Only the first error is told, and each excerpt of the text would take as long as all else.
    // Its warnings would go to the terminal.
    const options = { prettyErrors: false, logLevel: "error" } as const;
    const plain = text.replace(BYTE_ORDER_MARK, "");
    const document = parseDocument(plain, {
      ...options,
      ...(lineCounter && { lineCounter }),
    });
    const [syntax] = document.errors;
    return syntax === undefined
      ? { kind: "parsed", document, content: document.toJS() }
      : { kind: "fault", offset: syntax.pos[0], what: faultAt(plain, syntax) };
  } catch (error) {
    // An alias names nothing, or aliases of aliases would fill the memory.
    return { kind: "fault", offset: 0, what: wordsOf(error) };
  }
};

const faultAt = (text: string, fault: YAMLParseError): string => {
  const [offset] = fault.pos;
  if (fault.code === "DUPLICATE_KEY") return `${keyAt(text, offset)} stands here for the second time`;
  return tabAt(text, offset) ?? wordsOf(fault);
};

const keyAt = (text: string, offset: number): string =>
  /^(?:"[^"\n]*"|'[^'\n]*'|[^\s:,}]+)/.exec(text.slice(offset))?.[0] ?? "a key";

/** Whatever the parser makes of a line that a tab indents. */
const tabAt = (text: string, offset: number): string | undefined => {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1);
  return /^ *\t\s*\S/.test(line) ? "a tab indents this line, and YAML takes spaces" : undefined;
};

/** The parser takes it for a character of the first line, which then is one further in than the others. */
const BYTE_ORDER_MARK = /^\uFEFF/;

/** The parser names its own functions. A full stack is told by the parser itself as one of its errors, and thrown by what makes values of what it read. */
const wordsOf = (error: unknown): string => {
  const [first = ""] = messageOf(error).split("\n");
  if (first.startsWith("Source contains multiple documents"))
    return "a second document begins here (---): a file is one";
  return first.startsWith("Maximum call stack") ? "it is nested too deeply" : first;
};

/** @throws TareError `usage` for the first fault */
export const readYaml = <S extends ZodType>(
  schema: S,
  text: string,
  file: string,
  hint: string,
): YamlFile<From<S>> => {
  const counter = new LineCounter();
  const refuseAt = (line: number, what: string, next = hint): never => {
    throw new TareError("usage", `${file}:${line}: ${what}`, next);
  };
  const parsed = parseYaml(text, counter);
  if (parsed.kind === "fault") return refuseAt(Math.max(1, counter.linePos(parsed.offset).line), parsed.what);
  const { document } = parsed;
  const refuse = (path: Path, what: string, next = hint): never =>
    refuseAt(lineOf(document, counter, path), what, next);
  const read = checked(schema, parsed.content, "the file");
  if (read.kind !== "fits")
    return refuse(read.path, parsed.content == null ? "there is nothing in it" : read.what);
  const cut = pathOfNul(parsed.content);
  if (cut !== undefined) return refuse(cut, "a text here holds a NUL, at which it would end");
  return { content: read.content, refuse };
};

/** To the first text or name that a path, an argument or a variable of the environment could not hold; undefined where there is none. */
const pathOfNul = (content: unknown, seen = new Set<object>()): Path | undefined => {
  if (typeof content === "string") return content.includes("\0") ? [] : undefined;
  if (typeof content !== "object" || content === null || seen.has(content)) return undefined;
  seen.add(content);
  for (const [key, inner] of Object.entries(content)) {
    const below = key.includes("\0") ? [] : pathOfNul(inner, seen);
    if (below !== undefined) return [Array.isArray(content) ? Number(key) : key, ...below];
  }
  return undefined;
};

/** The line of what lies at the path, or of the nearest thing around it that is there. */
const lineOf = (document: Document, counter: LineCounter, path: Path): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path[length - 1])?.key
      : undefined;
    const node = key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return counter.linePos(node.range[0]).line;
  }
  return 1;
};
