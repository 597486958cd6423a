/** Reads a file that a person wrote in YAML. Pure: text in, content out; every fault is told with file, line and what was expected. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { ZodType } from "zod";
import { TareError } from "./errors.ts";
import { checked, type From, type Path } from "./schema.ts";

export interface YamlFile<T> {
  readonly content: T;
  /** @throws TareError `usage` at the line of what lies at the path */
  readonly refuse: (path: Path, what: string) => never;
}

/** @throws TareError `usage` for the first fault */
export const readYaml = <S extends ZodType>(
  schema: S,
  text: string,
  file: string,
  hint: string,
): YamlFile<From<S>> => {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const refuseAt = (line: number, what: string): never => {
    throw new TareError("usage", `${file}:${line}: ${what}`, hint);
  };
  const refuse = (path: Path, what: string): never => refuseAt(lineOf(document, counter, path), what);
  const [syntax] = document.errors;
  if (syntax !== undefined)
    return refuseAt(counter.linePos(syntax.pos[0]).line, syntax.message.split("\n")[0] ?? "");
  const read = checked(schema, document.toJS(), "the file");
  return read.kind === "fault" ? refuse(read.path, read.what) : { content: read.content, refuse };
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
