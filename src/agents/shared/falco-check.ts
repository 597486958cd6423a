/** What Falco itself says of rules files, without being started: `falco -V`, whose answer is JSON (userspace/engine/falco_load_result.h of its source). */
import * as z from "zod";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { checkedJson, type From } from "../../domain/schema.ts";
import { programOf } from "./falco-daemon.ts";
import { programPath } from "./vendor-program.ts";

const Location = z.object({
  item_name: z.string(),
  item_type: z.string(),
  position: z.object({ line: z.int(), name: z.string() }),
});

const Loaded = z.object({
  falco_load_results: z.array(
    z.object({
      name: z.string(),
      errors: z.array(
        z.object({
          message: z.string(),
          context: z.object({ locations: z.array(Location), snippet: z.string() }),
        }),
      ),
    }),
  ),
});
type Refused = From<typeof Loaded>["falco_load_results"][number]["errors"][number];

/** Of the container plugin, which the vendor's own rules need too. */
const OF_CONTAINERS = /\b(?:container|k8s|k8smeta)\.\w+/;
const UNDEFINED_MACRO = /Undefined macro '([^']+)'/;

const hintFor = ({ message, context }: Refused, file: string): string => {
  const [, macro] = UNDEFINED_MACRO.exec(message) ?? [];
  if (macro !== undefined)
    return `define the macro ${macro} in it, or give the file that does before it; the vendor's rules as a whole need its container plugin, which tare does not load`;
  return OF_CONTAINERS.test(message + context.snippet)
    ? "fields of containers are those of Falco's container plugin, which tare does not load: take them out to measure the rest"
    : `falco -V ${file} says more`;
};

const MAX_SNIPPET = 100;

/** What it stumbled on, where its words alone do not tell: "unexpected token after 'and'". */
const excerptOf = ({ context: { locations, snippet } }: Refused): string => {
  const text = (snippet.split("\n")[0] ?? "").trim();
  const isPart = locations.some(({ item_type: type }) => /^(?:condition expression|rule output)$/.test(type));
  return isPart && text !== "" ? ` (${text.slice(0, MAX_SNIPPET)})` : "";
};

const refusalOf = (refused: Refused, file: string): TareError => {
  const { locations } = refused.context;
  const line = locations.findLast(({ position }) => position.name === file)?.position.line ?? 0;
  const item = locations.findLast(({ item_name: name }) => name !== "");
  const which = item === undefined ? "it" : `${item.item_type} "${item.item_name}"`;
  return new TareError(
    "usage",
    `${file}:${line + 1}: Falco refuses ${which}: ${refused.message}${excerptOf(refused)}`,
    hintFor(refused, file),
  );
};

/**
 * Falco reads the files in their order, as it does when it is started. Where it is not installed, or of a version that does not answer so, its start
 * will tell.
 *
 * @throws TareError `usage` with the first thing that it does not take
 */
export const checkRules = async (host: Host, id: string, files: readonly string[]): Promise<void> => {
  const program = await programPath(host, programOf(id));
  const args = ["-c", "/dev/null", "-o", "json_output=true", ...files.flatMap((file) => ["-V", file])];
  const { stdout } = await host.run(program, args);
  const read = checkedJson(Loaded, stdout, "what it printed");
  if (read.kind === "fault") return;
  for (const { name, errors } of read.content.falco_load_results) {
    const [first] = errors;
    if (first !== undefined) throw refusalOf(first, name);
  }
};
