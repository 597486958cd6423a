import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Load } from "../../src/domain/scenario.ts";
import { missing, value } from "../../src/domain/units.ts";
import { renderHtml } from "./support/render.ts";
import { CLOSED, OPEN, buildRecord } from "../analyse/support/record-builder.ts";

const words = (page: string): string => page.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
const between = (page: string, from: string, to: string): string => {
  const start = page.indexOf(from);
  return start < 0 ? "" : page.slice(start, page.indexOf(to, start));
};

test("loss stands beside the rates that were offered and raised, lag and output beside the load", async () => {
  const lines = buildRecord({
    blocks: 12,
    agents: ["probe"],
    loads: [CLOSED, OPEN],
    cpuNs: () => 1000,
    outcome: ({ agent, load, block }, usual) =>
      agent === "baseline" || usual.ledger.kind !== "counted"
        ? usual
        : {
            ...usual,
            ledger: {
              ...usual.ledger,
              delivered: usual.ledger.operations - (load.kind === "open" ? 3 : 0),
              drainMs: block === 0 ? 1500 : 20,
            },
          },
  });
  const page = words(await renderHtml(analyse(lines)));
  const loss = between(page, "By agent and load: the rate", "Delivery lag, output");
  // 300 operations in a window of twice their CPU time of 1 us each.
  expect(loss).toMatch(
    /probe process-exec closed, pinned – a closed loop 500 000 100 % 0 % 0 % 0 % \(at most 0\.11 %\)/,
  );
  expect(loss).toMatch(
    /probe process-exec open@500\/s, free 500 500 000 99\.0 % 0 % 1\.0 % 1\.00 % \[0\.\d+, 1\.\d+\]/,
  );
  const lag = between(page, "Delivery lag, output", "After the window");
  // 120 bytes an event are 9.89 MiB a day.
  expect(lag).toContain("probe process-exec closed, pinned 20 ms 2 s 120 B 9.89 MiB");
});

describe("the chart of loss against rate", () => {
  const at = (ratePerSecond: number): Load => ({
    kind: "open",
    ratePerSecond,
    batches: 3,
    batchOperations: 100,
    warmupOperations: 10,
  });
  /** `lossy` loses 3 of 300 events at the second rate and 30 at the third, and declares a third of them; `mute` has no counter. */
  const record = (loads: readonly Load[]): readonly RecordLine[] =>
    buildRecord({
      blocks: 12,
      agents: ["lossy", "mute", "whole"],
      loads,
      outcome: ({ agent, load }, usual) => {
        if (usual.ledger.kind !== "counted") return usual;
        const lost =
          agent !== "lossy" || load.kind !== "open"
            ? 0
            : load.ratePerSecond > 1000
              ? 30
              : load.ratePerSecond > 500
                ? 3
                : 0;
        return {
          ...usual,
          ledger: {
            ...usual.ledger,
            delivered: usual.ledger.operations - lost,
            declaredLost: agent === "mute" ? missing("it has none") : value(lost / 3),
          },
        };
      },
    });
  const chartOf = async (loads: readonly Load[]): Promise<string> => {
    const lines = record(loads);
    const page = await renderHtml(analyse(lines));
    return (page.match(/<svg [^]*?<\/svg>/g) ?? []).find((svg) => svg.includes("Shares of the events")) ?? "";
  };
  const tipsOf = (chart: string, agent: string): readonly string[] =>
    [...chart.matchAll(/<title>([^<]*)<\/title>/g)]
      .map(([, text = ""]) => text.replaceAll(/\s/g, " "))
      .filter((text) => text.startsWith(`${agent}:`));

  test("has a mark for each rate in each panel, and one line an agent", async () => {
    const chart = await chartOf([at(500), at(1000), at(2000)]);
    expect(tipsOf(chart, "lossy")).toEqual([
      "lossy: 100 % of 3 600 delivered at 500 events a second",
      "lossy: 99.0 % of 3 600 delivered at 1 000 events a second",
      "lossy: 90.0 % of 3 600 delivered at 2 000 events a second",
      "lossy: 0 % of 3 600 declared lost at 500 events a second",
      "lossy: 0.33 % of 3 600 declared lost at 1 000 events a second",
      "lossy: 3.3 % of 3 600 declared lost at 2 000 events a second",
      "lossy: 0 % of 3 600 silently lost at 500 events a second",
      "lossy: 0.67 % of 3 600 silently lost at 1 000 events a second",
      "lossy: 6.7 % of 3 600 silently lost at 2 000 events a second",
    ]);
    const lines = chart.match(/<path data-agent="lossy" d="M[^"A]*L/g) ?? [];
    expect(lines).toHaveLength(3);
  });

  test("draws nothing declared of an agent without a counter", async () => {
    const lines = record([at(500)]);
    const page = await renderHtml(analyse(lines));
    expect(tipsOf(page, "mute").filter((text) => text.includes("at 500"))).toEqual([
      "mute: 100 % of 3 600 delivered at 500 events a second",
      "mute: 0 % of 3 600 silently lost at 500 events a second",
    ]);
    expect(words(page)).toContain("No counter could be read of mute: nothing is declared");
  });

  test("of a single closed loop stands at the rate that each agent came to, without a line", async () => {
    const chart = await chartOf([CLOSED]);
    expect(tipsOf(chart, "whole")).toHaveLength(3);
    expect(tipsOf(chart, "whole")[0]).toMatch(/ events a second \(closed loop\)$/);
    expect(chart).not.toMatch(/<path data-agent="[a-z]+" d="M[^"A]*L/);
    expect(chart).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("leaves out whom it does not concern, and says so", async () => {
    const lines = record([at(500)]);
    const view = analyse(lines);
    const page = await renderHtml({
      ...view,
      ledger: view.ledger.filter(({ agent }) => agent !== "whole"),
      deliveries: view.deliveries.filter(({ agent }) => agent !== "whole"),
      coverage: [
        { agent: "whole", scenario: "process-exec", reason: { kind: "by-design", text: "files only" } },
      ],
    });
    expect(tipsOf(page, "whole").filter((text) => text.includes("events a second"))).toEqual([]);
    expect(words(page)).toContain("Not in the chart, because not observed by design: whole.");
  });
});
