/** Counts the tokens in captured output of a real agent as a run does, from the file's bytes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenForm } from "../../src/domain/agent.ts";
import type { Family } from "../../src/domain/units.ts";
import type { TallyResult } from "../../src/observe/tally.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { TOKEN_IN } from "./workloads.ts";

const FOLDER = join(import.meta.dirname, "../agents/fixtures");

export const fixture = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

export const tallyFixture = (
  name: string,
  spec: {
    readonly form: TokenForm;
    readonly family: Family;
    readonly trial: string;
    readonly operations: number;
    readonly warmup?: number;
    readonly techniques?: readonly boolean[];
  },
): TallyResult => {
  const tally = createTally({ ...spec, tokenIn: TOKEN_IN[spec.family] });
  tally.feed(readFileSync(join(FOLDER, name)));
  return tally.end();
};
