import { describe, expect, test } from "vitest";
import type { Agent } from "../../../src/domain/agent.ts";
import type { Scenario } from "../../../src/domain/scenario.ts";
import { atOnce } from "../../../src/cli/count/at-once.ts";
import { type CountFlags, countSettings } from "../../../src/cli/count/settings.ts";
import { createHost } from "../../../src/host/host.ts";
import { loadFolder } from "../../../src/host/load-folder.ts";
import { startOf } from "../../../src/cli/count/parts.ts";
import { ARCHITECTURES } from "../../../src/machines/guests.ts";
import { ROOT } from "../../support/agent-session.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const agents = await loadFolder<Agent>(`${ROOT}/src/agents`);
const scenarios = await loadFolder<Scenario>(`${ROOT}/scenarios`);

const FLAGS: CountFlags = { arch: "amd64", agents: ["sensor"], seeds: 3, timeLimit: "30m", setup: false };

const settingsOf = (flags: Partial<CountFlags> = {}) =>
  countSettings({ ...FLAGS, ...flags }, agents, scenarios);

describe("what is counted", () => {
  test("is every workload that can be, with seeds from 1 on", () => {
    const { scenarios: chosen, seeds, timeoutMs } = settingsOf();
    expect(chosen.map(({ id }) => id)).toEqual(["file-open", "network-connect", "process-exec"]);
    expect(seeds).toEqual([1, 2, 3]);
    expect(timeoutMs).toBe(1_800_000);
  });

  test("of a file's variants those that are measured without being named", () => {
    expect(settingsOf({ agents: ["auditd"] }).agents.map(({ id }) => id)).toEqual([
      "auditd@blocking",
      "auditd@dropping",
    ]);
  });

  test.each<[Partial<CountFlags>, RegExp, RegExp]>([
    [
      { agents: ["falco@everything"] },
      /--agents falco@everything: it cannot be counted/,
      /those of .*sensor.* do/,
    ],
    [{ agents: ["sensr"] }, /unknown agent "sensr"/, /did you mean "sensor"/],
    [
      { scenarios: ["syscall-tax"] },
      /--scenarios syscall-tax: its instructions cannot be counted/,
      /file-open/,
    ],
    [{ arch: "amd64,pdp11" }, /--arch pdp11: not known/, /amd64, arm64/],
    [
      { arch: "amd64,arm64", kernel: "vmlinuz" },
      /--kernel vmlinuz: one image cannot be of amd64 and arm64/,
      /one arch/,
    ],
    [{ timeLimit: "soon" }, /--time-limit soon: not a duration/, /30m|90s/],
  ])("is refused with what is wrong and what to do: %o", (flags, message, hint) => {
    expect(() => settingsOf(flags)).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringMatching(message) as unknown,
        hint: expect.stringMatching(hint) as unknown,
      }) as Error,
    );
  });
});

describe("work side by side", () => {
  test("is done at most so many at once, and its results are in the order of what was given", async () => {
    let running = 0;
    let most = 0;
    const results = await atOnce(2, [30, 10, 20, 0], async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual([60, 20, 40, 0]);
    expect(most).toBe(2);
  });

  test("ends with the first that fails: nothing more is begun", async () => {
    const begun: number[] = [];
    const work = atOnce(1, [1, 2, 3], (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error("no")) : Promise.resolve(item);
    });
    await expect(work).rejects.toThrow("no");
    expect(begun).toEqual([1, 2]);
  });
});

const countable = [...agents.values()].filter(({ inGuest }) => inGuest !== undefined);
const counted = [...scenarios.values()].filter((scenario) => scenario.counted !== undefined);

describe.each(countable.map((agent) => [agent.id, agent] as const))("%s in a guest", (_, agent) => {
  test.each(ARCHITECTURES)("is told how it starts on %s, and where its events are", async (architecture) => {
    const host = createHost({ root: ROOT, journalDirectory: temporaryFolder() });
    const start = await startOf(host, agent, architecture, counted);
    expect(start.exec).toMatch(/^(.*\n)*exec \S/);
    expect(start.version).not.toBe("");
    expect(start.ready).not.toBe("");
    for (const { path } of start.outputs) expect(path).not.toMatch(/^\/|\s/);
    const families = counted.flatMap(({ emits }) => emits?.family ?? []);
    const shown = start.outputs.flatMap(({ forms }) => Object.keys(forms));
    for (const family of agent.observes.filter((one) => families.includes(one)))
      expect(shown).toContain(family);
    for (const text of [...Object.values(start.files), start.exec, start.before ?? "", start.after ?? ""])
      expect(text).not.toMatch(/\{\{|undefined/);
  });
});
