/** An agent whose file or configuration sends its events where nobody can count them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { fileKind, openReader } from "../../src/host/files.ts";
import { refuseNoFile } from "../../src/run/refuse-no-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const refusal = async (path: string, agent: Pick<Agent, "costOnly"> = {}): Promise<string | undefined> => {
  try {
    await refuseNoFile({ fileKind }, { id: "mine", ...agent }, { outputs: [{ path, forms: {} }] });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

test("a file, also one that is still to be written, is none of them", async () => {
  writeFileSync(at("events"), "");
  expect(await refusal(at("events"))).toBeUndefined();
  expect(await refusal(at("later"))).toBeUndefined();
});

test("a folder, a pipe, a socket and a device are named, and nobody waits for their other end", async () => {
  mkdirSync(at("folder"));
  execFileSync("mkfifo", [at("pipe")]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
  try {
    for (const [path, kind] of [
      [at("folder"), "folder"],
      [at("pipe"), "named pipe"],
      [at("socket"), "socket"],
      ["/dev/null", "device"],
    ] as const) {
      expect(await refusal(path)).toContain(`mine: its events are looked for in ${path}, which is a ${kind}`);
      expect(await openReader(path)).toBeUndefined();
    }
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("an agent of which only the cost is asked may write where it likes", async () => {
  expect(await refusal("/dev/null", { costOnly: true })).toBeUndefined();
});
