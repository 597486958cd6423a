/** Follows an agent's output from an offset: new bytes go to a tally, and nobody reads while a window is open. */
import type { AgentOutput } from "../domain/agent.ts";
import type { FileReader, Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import type { Family } from "../domain/units.ts";
import type { Tally, TallyResult } from "../observe/ledger.ts";
import { createTally } from "../observe/ledger.ts";

export interface Follower {
  /** Reads what has been written since. */
  advance(): Promise<void>;
  counts(): TallyResult;
  close(): Promise<void>;
}

/** Does the work and closes the followers, however the work ends. */
export const closing = async <T>(
  followers: readonly (Follower | undefined)[],
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } finally {
    for (const follower of followers) await follower?.close();
  }
};

/** Follows the outputs that tell of the family, from their present end; undefined when none does. */
export const follow = async (
  host: Host,
  outputs: readonly AgentOutput[],
  spec: {
    readonly family: Family;
    readonly trial: string;
    readonly operations: number;
    /** Operations that are still to come before those of the window. */
    readonly warmup: number;
    /** For each kind of operation in turn whether it counts; absent where all are alike. */
    readonly kinds?: readonly boolean[];
  },
): Promise<Follower | undefined> => {
  const followed = outputs.flatMap(({ path, forms }) => {
    const form = forms[spec.family];
    return form === undefined ? [] : [followFile(host, path, createTally({ ...spec, form }))];
  });
  if (followed.length === 0) return undefined;
  for (const file of followed) await file.skipToEnd();
  return {
    advance: async () => {
      for (const file of followed) await file.advance();
    },
    counts: () => followed.map((file) => file.tally.end()).reduce(add),
    close: async () => {
      for (const file of followed) await file.close();
    },
  };
};

const followFile = (host: Host, path: string, tally: Tally) => {
  let reader: FileReader | undefined;
  let offset = 0;
  const size = async (): Promise<number> => {
    reader ??= await host.openReader(path);
    return (await reader?.size()) ?? 0;
  };
  return {
    tally,
    skipToEnd: async (): Promise<void> => {
      offset = await size();
    },
    advance: async (): Promise<void> => {
      const end = await size();
      if (reader === undefined || end <= offset) return;
      for await (const chunk of reader.chunks(offset, end)) tally.feed(chunk);
      offset = end;
    },
    close: async (): Promise<void> => {
      await reader?.close();
      reader = undefined;
    },
  };
};

const add = (a: TallyResult, b: TallyResult): TallyResult => ({
  delivered: a.delivered + b.delivered,
  ...(a.byKind === undefined || b.byKind === undefined
    ? {}
    : { byKind: a.byKind.map((count, kind) => count + (b.byKind?.[kind] ?? 0)) }),
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
