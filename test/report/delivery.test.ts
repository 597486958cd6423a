import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { renderHtml } from "../../src/report/html.ts";
import { CLOSED, OPEN, buildRecord } from "../analyse/support/record-builder.ts";

test("loss, lag and output stand beside the rate at which events were raised, a row a load", async () => {
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
  const page = (await renderHtml(analyse(lines), lines)).replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  const part = page.slice(page.indexOf("Loss by rate"), page.indexOf("After the window"));
  // 300 operations in a window of twice their CPU time of 1 us each; 120 bytes an event are 9.89 MiB a day.
  expect(part).toContain(
    "probe process-exec closed, pinned 500 000 0 % (at most 0.11 %) 20 ms 2 s 120 B 9.89 MiB",
  );
  expect(part).toMatch(
    /probe process-exec open@500\/s, free 500 000 1\.00 % \[0\.\d+, 1\.\d+\] 20 ms 2 s 120 B 9\.89 MiB/,
  );
});

test("a page from a summary alone leaves the part out", async () => {
  const lines = buildRecord({ blocks: 3, agents: ["probe"] });
  expect(await renderHtml(analyse(lines))).not.toContain("Loss by rate");
});
