import { expect, test } from "vitest";
import type { HostProcess } from "../../src/domain/host.ts";
import { value } from "../../src/domain/units.ts";
import { lostLines } from "../../src/agents/shared/lost-lines.ts";
import { perfLoss } from "../../src/agents/shared/perf-loss.ts";
import { FakeHost } from "../support/fake-host.ts";

const OUTPUT = "/turn/tool.out";
const PERF = "pos:\t0\nmap_type:\t4\nkey_size:\t4\n";
const RING = "pos:\t0\nmap_type:\t27\nkey_size:\t0\n";

const toolOn = (host: FakeHost): Promise<HostProcess> =>
  host.start({ command: "tool", args: [], stdout: OUTPUT, stderr: OUTPUT });

test("sums what is told, over growing output and a line cut in two", async () => {
  const host = new FakeHost({ files: { [OUTPUT]: "an event\nLost 348 events on CPU #1!\nLost 2" } });
  const lines = lostLines(host, OUTPUT);
  expect(await lines()).toEqual(value(348));
  host.files.set(OUTPUT, `${host.files.get(OUTPUT) ?? ""}6 events\nan event\n`);
  expect(await lines()).toEqual(value(374));
  expect(await lines()).toEqual(value(374));
});

test("takes no event for a loss that only mentions one", async () => {
  const path = `/tmp/${"x".repeat(200)}`;
  const host = new FakeHost({ files: { [OUTPUT]: `file ${path}/Lost 5 events\nfile ${path} ` } });
  const lines = lostLines(host, OUTPUT);
  expect(await lines()).toEqual(value(0));
  host.files.set(OUTPUT, `${host.files.get(OUTPUT) ?? ""}Lost 7 events\n`);
  expect(await lines()).toEqual(value(0));
});

test("has no figure where there is no output", async () => {
  expect(await lostLines(new FakeHost(), OUTPUT)()).toMatchObject({ kind: "missing" });
});

test("makes something happen on each CPU first, because the kernel tells a loss with the next event there", async () => {
  const host = new FakeHost({
    cpus: 2,
    files: { "/proc/100/fdinfo/5": PERF, [OUTPUT]: "" },
    answer: (command, args, self) => {
      if (command === "taskset" && args[1] === "1") self.files.set(OUTPUT, "Lost 9 events\n");
      return {};
    },
  });
  expect(await perfLoss(host, await toolOn(host), OUTPUT)()).toEqual(value(9));
});

test("claims no count for a tool on a ring buffer, which drops in silence", async () => {
  const host = new FakeHost({ files: { "/proc/100/fdinfo/5": RING, [OUTPUT]: "" } });
  expect(await perfLoss(host, await toolOn(host), OUTPUT)()).toMatchObject({
    kind: "missing",
    reason: expect.stringContaining("ring buffer") as string,
  });
});

test("claims no count for a process whose maps cannot be seen", async () => {
  const host = new FakeHost({ files: { [OUTPUT]: "" } });
  expect(await perfLoss(host, await toolOn(host), OUTPUT)()).toMatchObject({ kind: "missing" });
});

test("takes the word of a tool that counts what its ring buffer had no room for", async () => {
  const host = new FakeHost({
    files: { "/proc/100/fdinfo/5": RING, [OUTPUT]: "an event\nLost 7540 events\n" },
  });
  expect(await perfLoss(host, await toolOn(host), OUTPUT, { countsRingBuffer: true })()).toEqual(value(7540));
});
