import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { helperTimes } from "../../src/report/helpers.ts";
import { renderHtml } from "../../src/report/html.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";

const GROUP = { scenario: "process-exec", operation: "exec", load: "closed", placement: "pinned" } as const;

/** kauditd takes 500 ns for each of 300 operations under the agent and 100 ns without it; journald is there under the agent only. */
const lines = buildRecord({
  blocks: 12,
  agents: ["probe", "quiet"],
  cpuNs: () => 1000,
  outcome: ({ agent }, usual) => {
    if (agent === "quiet") return usual;
    const helpersNs: Record<string, number> =
      agent === "probe" ? { kauditd: 300 * 500, "systemd-journal": 300 * 40 } : { kauditd: 300 * 100 };
    return { ...usual, cpu: { ...usual.cpu, helpersNs } };
  },
});

describe("kernel threads and daemons", () => {
  test("their time for an operation is what they take more than without an agent", () => {
    const times = helperTimes(lines, GROUP);
    expect(times.get("probe")).toEqual([
      { name: "kauditd", ns: 400 },
      { name: "systemd-journal", ns: 40 },
    ]);
    expect(times.get("quiet")).toEqual([]);
    expect(times.has("baseline")).toBe(false);
    expect(helperTimes(lines, { ...GROUP, load: "open@5/s" }).size).toBe(0);
  });

  test("are a part of the bar of their own, named, and no longer of the rest", async () => {
    const page = await renderHtml(analyse(lines), lines);
    const cpu = page.slice(page.indexOf('<section id="cpu"'), page.indexOf('<section id="memory"'));
    expect(cpu).toContain("probe, kernel threads and daemons: +440\u00a0ns/op");
    expect(cpu.replaceAll(/\s+/g, " ")).toContain("<small>kauditd, systemd-journal</small>");
  });

  test("are not told where the trials are not at hand", async () => {
    const page = await renderHtml(analyse(lines));
    expect(page).not.toContain("probe, kernel threads and daemons:");
  });
});
