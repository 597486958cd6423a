/** A file of a team's configuration of osquery, read as osquery reads it: `Config::updateSource` in osquery/config/config.cpp of its source. */
import * as z from "zod";
import { messageOf } from "../../domain/errors.ts";
import { checked, type From } from "../../domain/schema.ts";
import { withoutComments } from "../shared/osquery-queries.ts";
import { type PolicyFile, refusePolicy } from "./policy.ts";

const Query = z.looseObject({ query: z.string().min(1) });
const Queries = z.record(z.string(), Query);
export type Queries = From<typeof Queries>;
/** In a file of its own a pack is what lies below its name elsewhere. */
const Pack = z.looseObject({ queries: Queries.exactOptional() });
export type Pack = From<typeof Pack>;
/** One in another file is a text; below `*` lie packs. */
export const Packs = z.record(z.string(), z.union([z.string(), Pack]));
const Configuration = z.looseObject({
  schedule: Queries.exactOptional(),
  packs: Packs.exactOptional(),
  queries: Queries.exactOptional(),
});
export type Configuration = From<typeof Configuration>;

const hintFor = (text: string): string => {
  if (/[\0\uFFFD]/.test(text)) return "save it as UTF-8";
  return text.startsWith("\uFEFF")
    ? "osquery takes no byte order mark: save it without one"
    : "osquery takes comments on lines of their own only, and no comma before a closing bracket; osqueryd --config_check --config_path FILE says whether it takes the file";
};

const parsedIn = ({ path, text }: PolicyFile): unknown => {
  if (text.trim() === "") return refusePolicy(path, undefined, "there is nothing in it");
  try {
    return JSON.parse(withoutComments(text));
  } catch (error) {
    const [, line] = /\(line (\d+) column/.exec(messageOf(error)) ?? [];
    const [said = ""] = messageOf(error).split(/,? (?:in JSON )?at position |, "/);
    return refusePolicy(
      path,
      line === undefined ? undefined : Number(line),
      `osquery takes this for no JSON: ${said}`,
      hintFor(text),
    );
  }
};

const TOKEN = /"(?:\\.|[^"\\])*"|[{}[\]:]/g;

interface Twice {
  readonly key: string;
  readonly line: number;
}

/** Of a text that is JSON, the first key that its object has already: osquery keeps the first one, and others the last. */
const keyTwice = (text: string): Twice | undefined => {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const keys = open.at(-1);
      if (keys?.has(last) === true) return { key: last, line: text.slice(0, index).split("\n").length };
      keys?.add(last);
    } else last = String(JSON.parse(token));
  }
  return undefined;
};

/** @throws TareError `usage` for what osquery would not take, or would take otherwise than it looks */
export const configurationIn = (file: PolicyFile): Configuration => {
  const read = checked(Configuration, parsedIn(file), "the file");
  if (read.kind === "fault") return refusePolicy(file.path, undefined, read.what);
  const twice = keyTwice(withoutComments(file.text));
  return twice === undefined
    ? read.content
    : refusePolicy(
        file.path,
        twice.line,
        `"${twice.key}" stands twice in the same object`,
        "osquery takes the first one alone: take one of them out",
      );
};
