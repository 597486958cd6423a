/** A tool that cuts paths cuts the token off, and then every event would look lost although it was seen. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";

/** `/TK-<trial>/<operation>`: four and eight digits. */
const TOKEN_LENGTH = "/TK-0000/00000000".length;

/** @throws TareError `run-failed` when a watched path would not fit into `longest` bytes. */
export const refuseCutPaths = (context: AgentContext, longest: number, who: string): void => {
  if (!context.families.includes("file")) return;
  const needed = new TextEncoder().encode(context.watchedDirectory).length + TOKEN_LENGTH;
  if (needed <= longest) return;
  throw new TareError(
    "run-failed",
    `${who} shows the first ${longest} bytes of a path, and files below ${context.watchedDirectory} need ${needed}`,
    "run with a shorter TMPDIR",
  );
};

/** @throws TareError `run-failed` when the watched directory with its slash does not fit into the `longest` bytes by which paths are matched. */
export const refuseLongPrefix = (context: AgentContext, longest: number, who: string): void => {
  if (!context.families.includes("file")) return;
  const needed = new TextEncoder().encode(`${context.watchedDirectory}/`).length;
  if (needed <= longest) return;
  throw new TareError(
    "run-failed",
    `${who} matches paths by ${longest} bytes at most, and ${context.watchedDirectory}/ has ${needed}`,
    "run with a shorter TMPDIR",
  );
};
