/** The adapter's own part for real: processes, files, the request for counters, the end; with a stand-in, as Tetragon cannot be had here. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import tetragon from "../../src/agents/tetragon.ts";
import { value } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { variantOf } from "../support/agent-context.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { WORKLOADS } from "../support/workloads.ts";

const folder = temporaryFolder();
const FIXTURES = ["tetragon-stand-in.mjs", "tetragon-1.8.0-pre.jsonl", "tetragon-1.8.0-pre.metrics"];

test("is started, asked for its losses, and gone without a trace", async (ctx) => {
  const real = createHost({ root: ROOT, journalDirectory: join(folder, "journal") });
  ctx.skip(real.uid !== 0, "what it leaves behind is in folders of root's");
  const taken = await real.httpGet("http://127.0.0.1:42112/");
  ctx.skip(taken.kind === "value" || taken.reason.includes("answers"), "port 42112 is in use");
  const program = join(folder, "tetragon-stand-in.mjs");
  for (const name of FIXTURES) copyFileSync(join(ROOT, "test/agents/fixtures", name), join(folder, name));
  const host = {
    ...real,
    which: async (name: string) => (name === "tetragon" ? program : await real.which(name)),
  };
  const scope = real.effects.scope("tetragon");
  const directory = join(folder, "turn");
  mkdirSync(directory);
  const agent = variantOf(tetragon, "tetragon@json");

  const running = await agent.start(host, {
    directory,
    families: ["exec", "file", "network"],
    workloads: WORKLOADS,
    watchedDirectory: join(folder, "watched"),
    buffers: "usual",
    effects: scope,
    inside: (command) => command,
    launch: (spec, stop) =>
      scope.start({ ...spec, env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` } }, stop),
    signal: new AbortController().signal,
  });
  const events = running.outputs[0]?.path ?? "";
  while ((await real.fileSize(events)).kind === "missing") {
    const said = readFileSync(running.logs[0] ?? "", "utf8");
    expect(running.processes[0]?.exit(), `it said: ${said}`).toBeUndefined();
    await real.sleep(20);
  }
  expect(await running.lost()).toEqual(value(222 + 1187 + 1616));

  expect(await scope.undo()).toEqual([]);
  await expect.poll(() => real.alive(running.processes[0]?.pid ?? 0)).toBe(false);
  expect(await running.lost()).toMatchObject({ kind: "missing" });
  expect(await real.list("/sys/fs/bpf/tare-tetragon")).toEqual([]);
});
