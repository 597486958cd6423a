/** Follows an agent's output from an offset: new bytes go to a tally, and nobody reads while a window is open. */
import type { AgentOutput } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import type { Family } from "../domain/units.ts";
import type { TallyResult } from "../observe/ledger.ts";
import { createTally } from "../observe/ledger.ts";

export interface Follower {
  /** Reads what has been written since; true when the output grew. */
  advance(): Promise<boolean>;
  counts(): TallyResult;
}

/** Follows the outputs that tell of the family; undefined when none does. */
export const follow = async (
  host: Host,
  outputs: readonly AgentOutput[],
  spec: { readonly family: Family; readonly trial: string; readonly operations: number },
): Promise<Follower | undefined> => {
  const followed = await Promise.all(
    outputs
      .flatMap((output) => {
        const form = output.forms[spec.family];
        return form === undefined ? [] : [{ path: output.path, form }];
      })
      .map(async ({ path, form }) => ({
        path,
        tally: createTally({ ...spec, form }),
        offset: known(await host.fileSize(path)) ?? 0,
      })),
  );
  if (followed.length === 0) return undefined;
  return {
    advance: async () => {
      let grew = false;
      for (const file of followed) {
        const size = known(await host.fileSize(file.path)) ?? 0;
        if (size <= file.offset) continue;
        for await (const chunk of host.readChunks(file.path, file.offset, size)) file.tally.feed(chunk);
        file.offset = size;
        grew = true;
      }
      return grew;
    },
    counts: () => followed.map((file) => file.tally.end()).reduce(add),
  };
};

const add = (a: TallyResult, b: TallyResult): TallyResult => ({
  delivered: a.delivered + b.delivered,
  duplicates: a.duplicates + b.duplicates,
  foreign: a.foreign + b.foreign,
  lines: a.lines + b.lines,
  bytes: a.bytes + b.bytes,
});

/** Bytes in all of an agent's outputs. */
export const outputBytes = async (host: Host, outputs: readonly AgentOutput[]): Promise<number> => {
  const sizes = await Promise.all(outputs.map((output) => host.fileSize(output.path)));
  return sizes.reduce((sum, size) => sum + (known(size) ?? 0), 0);
};
