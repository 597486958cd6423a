/** Where a node's record goes on this machine: `FOLDER/NODE/record.jsonl`, with what else its pod said beside it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileName } from "../../domain/file-name.ts";
import type { Heard, Receiving } from "../../k8s/collect/collect.ts";
import type { ConductorLine } from "../../k8s/conductor/lines.ts";
import { writeNodeLine } from "../../k8s/node/lines.ts";
import { makeRunFolder } from "../../record/files.ts";
import { receiveRecord, type Receiver } from "../../record/receive.ts";
import { addVoids } from "../../record/voids.ts";
import { writeForUser } from "../../session/write.ts";

export interface Kept {
  readonly folder: string;
  readonly receiver: Receiving;
  readonly hear: (heard: Heard) => void;
  /** Writes what the pod said. */
  readonly end: () => Promise<void>;
}

export type Void = Extract<ConductorLine, { readonly tare: "void" }>;

/** A pod that complains without end. */
const MAX_SAID = 5000;

/** For all nodes of a bench: the folder above theirs is made once, by the first of them that has something. */
export const createKeeper = (out: string): ((node: string) => Kept) => {
  let made: Promise<void> | undefined;
  return (node) => keepRecord(out, node, () => (made ??= makeRunFolder(out)));
};

const keepRecord = (out: string, node: string, makeFolder: () => Promise<void>): Kept => {
  const folder = join(out, fileName(node));
  const said: string[] = [];
  let receiver: Receiver | undefined;
  return {
    folder,
    // Made with its first line: a folder without a record is none.
    receiver: {
      take: async (index, text) => {
        await makeFolder();
        receiver ??= await receiveRecord(join(folder, "record.jsonl"));
        return await receiver.take(index, text);
      },
      lines: () => receiver?.lines() ?? 0,
      early: () => receiver?.early() ?? 0,
      close: async () => (await receiver?.close()) ?? [],
    },
    hear: (heard) => {
      switch (heard.kind) {
        case "record":
          return;
        case "note":
          said.push(heard.text);
          break;
        case "said":
          said.push(writeNodeLine(heard.line));
      }
      if (said.length > MAX_SAID) said.shift();
    },
    end: async () => {
      if (said.length === 0) return;
      await makeFolder();
      await writeForUser(join(folder, "pod.log"), `${said.join("\n")}\n`);
    },
  };
};

/** What the conductor calls void is said behind the records of its nodes; of one of which no record came there is nothing to say. */
export const keepVoids = async (out: string, voids: readonly Void[]): Promise<void> => {
  for (const [node, own] of Map.groupBy(voids, (one) => one.node)) {
    const path = join(out, fileName(node), "record.jsonl");
    if (!existsSync(path)) continue;
    await addVoids(
      path,
      own.map(({ agent, turn, why, at }) => ({ type: "void", agent, wish: turn, why, saidAt: at })),
    );
  }
};
