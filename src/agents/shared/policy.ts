/**
 * Policies: what an agent is told to watch for, as readable files in its own language in `src/agents/policies/<agent>/`. Two of each, so that
 * agents are compared at equal scope: `everything` (every exec, open and connect) and `high-value` (what a detection team keeps).
 */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { Family } from "../../domain/units.ts";

const PLACEHOLDER = /\{\{(\w+)\}\}/g;
/** A comment line of any language: `# family: exec`, `// family: exec`. */
const SECTION = /^\s*(?:#|\/\/)\s*family:\s*(\S+)\s*$/;

const broken = (path: string, message: string): TareError =>
  new TareError("run-failed", `the policy ${path} ${message}`, "git checkout src/agents/policies");

const keepFamilies = (text: string, families: readonly Family[]): string => {
  const wanted: readonly string[] = families;
  let kept = true;
  return text
    .split("\n")
    .filter((line) => {
      const family = SECTION.exec(line)?.[1];
      if (family !== undefined) kept = wanted.includes(family);
      return kept;
    })
    .join("\n");
};

/** Replaces `{{name}}`. A name without a value, or a value that no policy of the file asks for, is a mistake. */
const fill = (path: string, text: string, values: Readonly<Record<string, string>>): string => {
  const asked = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name));
  const unasked = Object.keys(values).find((name) => !asked.has(name));
  if (unasked !== undefined) throw broken(path, `has no place for {{${unasked}}}`);
  return text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const found = values[name];
    if (found === undefined) throw broken(path, `asks for {{${name}}}, which nobody gives`);
    return found;
  });
};

/**
 * The policy `name` (`auditd/everything.rules`), filled in, with only the sections of `families`.
 *
 * @throws TareError `run-failed` when the file cannot be read or its placeholders and `values` do not match.
 */
export const readPolicy = async (
  host: Host,
  name: string,
  values: Readonly<Record<string, string>>,
  families: readonly Family[],
): Promise<string> => {
  const path = `${host.root}/src/agents/policies/${name}`;
  const text = await host.readText(path);
  if (text.kind === "missing") throw broken(path, `cannot be read: ${text.reason}`);
  return keepFamilies(fill(path, text.value, values), families);
};
