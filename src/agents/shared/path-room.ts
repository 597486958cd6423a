/** A tool that cuts paths cuts the token off, and then every event would look lost although it was seen. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import { type Family, isChange } from "../../domain/units.ts";

/** `/TK-<trial>/<operation>`, four and eight digits, in a folder of its own where files are changed; one of two names has a ninth digit. */
const LONGEST = { file: "/TK-0000/00000000", change: "/rename/TK-0000/00000000x" } as const;

const longestIn = (families: readonly Family[]): string | undefined => {
  if (families.some(isChange)) return LONGEST.change;
  return families.includes("file") ? LONGEST.file : undefined;
};

const refuseLong = (who: string, longest: number, what: string, needed: number): void => {
  if (needed <= longest) return;
  throw new TareError(
    "run-failed",
    `${who} has room for ${longest} bytes of a path, and ${what} has ${needed}`,
    "run with a shorter TMPDIR",
  );
};

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** @throws TareError `run-failed` when a watched path would not fit into the `longest` bytes that the tool shows */
export const refuseCutPaths = (context: AgentContext, longest: number, who: string): void => {
  const { watchedDirectory, families } = context;
  const name = longestIn(families);
  if (name === undefined) return;
  refuseLong(who, longest, `a file below ${watchedDirectory}`, bytesOf(watchedDirectory) + name.length);
};

/**
 * Bytes of the watched directory with its slash.
 *
 * @throws TareError `run-failed` when they do not fit into the `longest` by which the tool matches paths
 */
export const prefixBytes = (
  { watchedDirectory }: Pick<AgentContext, "watchedDirectory">,
  longest: number,
  who: string,
): number => {
  const needed = bytesOf(`${watchedDirectory}/`);
  refuseLong(who, longest, `${watchedDirectory}/`, needed);
  return needed;
};
