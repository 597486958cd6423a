import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { lookOf } from "../../src/report/charts/palette.ts";
import { renderHtml as draw } from "../../src/report/html.ts";
import { renderHtml } from "./support/render.ts";
import { HOSTILE, hostileView } from "./support/hostile.ts";
import { buildView, withCalibration, withTrials } from "./support/view-builder.ts";
import { AA_FAILURE } from "../support/check-failure.ts";

const MEGABYTE = 1_000_000;

describe("one file", () => {
  test("names nothing that would have to be fetched, stays under 3 MB", async () => {
    const page = await renderHtml(withTrials(buildView()));
    expect(page).not.toMatch(/<link|<iframe|<img|@import|url\((?!#)|\s(?:src|srcset|data)=/i);
    expect(
      [...page.matchAll(/ href="([^"]*)"/g)].filter(([, target = ""]) => !target.startsWith("#")),
    ).toEqual([]);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * MEGABYTE);
  });

  test("holds one script, the one whose digest its policy names", async () => {
    const page = await renderHtml(withTrials(buildView()));
    const scripts = [...page.matchAll(/<script type="module">([^]*?)<\/script>/g)].map(
      ([, text = ""]) => text,
    );
    expect(scripts).toHaveLength(1);
    const digest = createHash("sha256")
      .update(scripts[0] ?? "")
      .digest("base64");
    expect(page).toContain(`content="default-src 'none'; script-src 'sha256-${digest}'; style-src`);
  });

  test("carries its data along, as they were given", async () => {
    const record = '{"type":"header"}\n'.repeat(1000);
    const page = await renderHtml(buildView(), {
      downloads: [
        {
          name: "record.jsonl",
          what: "every trial",
          content: record,
          compressed: true,
          elsewhere: "in the folder",
        },
      ],
    });
    const [, body = ""] =
      /download="record\.jsonl\.gz" href="data:application\/gzip;base64,([^"]*)"/.exec(page) ?? [];
    expect(gunzipSync(Buffer.from(body, "base64")).toString()).toBe(record);
  });

  test("names data that would make it too large to send, and stays small", async () => {
    const page = await renderHtml(buildView(), {
      downloads: [
        {
          name: "record.jsonl",
          what: "every trial",
          content: "x".repeat(4 * MEGABYTE),
          compressed: false,
          elsewhere: "it lies in the run's folder",
        },
        { name: "summary.csv", what: "estimates", content: "a,b", compressed: false, elsewhere: "" },
      ],
    });
    const words = page.replaceAll(/<[^>]*>/g, "").replaceAll(/\s+/g, " ");
    const digest = createHash("sha256")
      .update("x".repeat(4 * MEGABYTE))
      .digest("hex");
    expect(words).toContain(
      `record.jsonl: every trial, 3.81 MiB, too large for this page: it lies in the run&#39;s folder. SHA-256: ${digest}`,
    );
    // What is small enough still travels along.
    expect(page).toContain('download="summary.csv" href="data:text/plain;base64,');
    expect(Buffer.byteLength(page)).toBeLessThan(3 * MEGABYTE);
  });

  test("the same record gives the same page", async () => {
    const once = await renderHtml(withTrials(buildView()));
    expect(await draw(withTrials(buildView()))).toBe(once);
  });

  test("no identifier is used twice", async () => {
    const page = await renderHtml(withTrials(buildView()));
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("foreign text", () => {
  test("becomes text everywhere: in tables, titles, attributes and charts", async () => {
    const page = await renderHtml(withTrials(hostileView()), {
      evidence: [{ title: HOSTILE, text: HOSTILE }],
      downloads: [{ name: HOSTILE, what: HOSTILE, content: HOSTILE, compressed: false, elsewhere: HOSTILE }],
    });
    expect(page.match(/<script/gi)).toHaveLength(1);
    expect(page).not.toMatch(/<img/i);
    expect(page.slice(0, page.indexOf("</head>")).match(/<\/title>/g)).toHaveLength(1);
    expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
    expect(["\u001b", "\u202e"].filter((sign) => page.includes(sign))).toEqual([]);
  });

  test("from right to left does not turn round what stands behind it", async () => {
    const view = buildView();
    const hostname = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643 =1+1";
    const page = await renderHtml({ ...view, host: { ...view.host, hostname } });
    expect(page).toContain("\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u200e =1+1");
    expect(page).not.toContain("\u0628\u0643 =1+1");
  });

  test("cannot leave an attribute", async () => {
    const page = await renderHtml(hostileView());
    const tags = page.match(/<[a-z][^>]*>/gi) ?? [];
    expect(tags.filter((tag) => /\sonerror=/i.test(tag.replaceAll(/"[^"]*"/g, '""')))).toEqual([]);
  });
});

describe("honesty", () => {
  test("without intervals every point is hollow and marked with its n", async () => {
    const page = await renderHtml(buildView({ blocks: 3 }));
    expect(page).toContain("exploratory, n = 3");
    const cost = page.slice(page.indexOf('id="cost"'), page.indexOf('id="latency"'));
    const points = cost.match(/<path[^>]*stroke="var\(--agent-\d\)"[^>]*>/g) ?? [];
    expect(points.length).toBeGreaterThan(0);
    expect(points.filter((point) => !point.includes('fill="var(--paper)"'))).toEqual([]);
  });

  test("with intervals no point is hollow", async () => {
    const page = await renderHtml(buildView());
    const cost = page.slice(page.indexOf('id="cost"'), page.indexOf('id="latency"'));
    const points = cost.match(/<path[^>]*stroke="var\(--agent-\d\)"[^>]*>/g) ?? [];
    expect(points.length).toBeGreaterThan(0);
    expect(points.filter((point) => point.includes('fill="var(--paper)"'))).toEqual([]);
  });

  test("emulation is a banner", async () => {
    expect(await renderHtml(buildView({ emulated: true }))).toContain(
      '<p class="banner">emulated: functional, no performance verdict</p>',
    );
    expect(await renderHtml(buildView())).not.toContain('<p class="banner">');
  });

  test("silent loss is a headline, and absent where nothing is silent", async () => {
    const view = buildView();
    expect(await renderHtml(view)).toContain("Silent loss in");
    const whole: RunView = {
      ...view,
      ledger: view.ledger.filter(({ silentLost }) => silentLost?.high === 0),
    };
    expect(await renderHtml(whole)).not.toContain("Silent loss in");
  });

  test("an interrupted run says so", async () => {
    const view = buildView();
    const page = await renderHtml({ ...view, run: { ...view.run, complete: false, endedAt: null } });
    expect(page).toContain("incomplete run");
  });

  test("a run without any figure still gives a whole page", async () => {
    const page = await renderHtml({
      ...buildView(),
      estimates: [],
      ledger: [],
      verdicts: [],
      coverage: [],
    });
    expect(page).toContain("No trial could be compared with a baseline.");
    expect(page).toContain("No events were counted.");
    expect(page).toContain("</html>");
  });
});

test("every agent keeps its colour, whichever chart, and colours repeat only when the hues run out", () => {
  const view = buildView();
  const measured = view.agents.filter(({ status }) => status === "measured");
  const skipped = view.agents.filter(({ status }) => status === "skipped");
  expect(skipped.length).toBeGreaterThan(0);
  const coloursAmong = (agents: typeof view.agents): readonly string[] =>
    measured.map(({ id }) => lookOf({ ...view, agents }, id).colour);
  expect(new Set(coloursAmong(view.agents)).size).toBe(measured.length);
  // An agent that is not there takes no colour from one that is.
  expect(coloursAmong([...skipped, ...measured])).toEqual(coloursAmong(measured));
});

describe("the self-checks", () => {
  const sectionOf = (page: string, id: string): string => {
    const from = page.indexOf(`<section id="${id}"`);
    return page.slice(from, page.indexOf("</section>", from));
  };

  test("stands straight after the verdicts, with the line on which recovered equals injected", async () => {
    const page = await renderHtml(buildView());
    const ids = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      "decision",
      "verdicts",
      "self-checks",
      "cost",
      "latency",
      "cpu",
      "memory",
      "events",
      "timeline",
      "fleet",
      "reasons",
      "skipped",
      "components",
      "limits",
      "setting",
      "evidence",
    ]);
    const checks = sectionOf(page, "self-checks");
    expect(checks.match(/stroke-dasharray="4,3"/g)).toHaveLength(1);
    expect(checks).toContain("×1.020 [0.979, 1.061]");
    expect(checks).toContain("calibration-cost@2000");
    expect(checks).toContain("calibration-loss@silent-10");
  });

  test("lists the comparisons with itself that were not shown to be nothing", async () => {
    const view = buildView();
    const { selfChecks } = view;
    const contrasts = selfChecks.aa.contrasts.map((one) => ({ ...one, state: "open" as const }));
    const open = { ...view, selfChecks: { ...selfChecks, aa: { contrasts } } };
    expect(sectionOf(await renderHtml(open), "self-checks")).toContain("the second baseline");
    expect(sectionOf(await renderHtml(view), "self-checks")).not.toContain("the second baseline");
  });

  test("a failure is a banner", async () => {
    const view = buildView();
    const page = await renderHtml({
      ...view,
      selfChecks: {
        ...view.selfChecks,
        failures: [AA_FAILURE],
      },
    });
    expect(sectionOf(page, "self-checks")).toContain("No verdict on cost: A/A: the second baseline");
  });

  test("figures read from the clock are grey when the CPUs were contended, CPU time is not", async () => {
    const view = buildView();
    const { selfChecks } = view;
    const page = await renderHtml({
      ...view,
      selfChecks: { ...selfChecks, noise: { ...selfChecks.noise, contended: true } },
    });
    const rows = sectionOf(page, "cost").match(/<tr[\s\S]*?<\/tr>/g) ?? [];
    const ofClock = rows.filter((row) => row.includes("Wall time"));
    const ofCpu = rows.filter((row) => row.includes("CPU time"));
    expect(ofClock.length).toBeGreaterThan(0);
    expect(ofClock.filter((row) => !row.startsWith('<tr class="doubtful"'))).toEqual([]);
    expect(ofCpu.filter((row) => row.startsWith('<tr class="doubtful"'))).toEqual([]);
    expect(await renderHtml(view)).not.toContain('class="doubtful"');
  });

  test("calibration agents stand in no other section", async () => {
    const page = await renderHtml(withTrials(withCalibration(buildView())));
    const without = page.replace(sectionOf(page, "self-checks"), "");
    expect(without).not.toContain("calibration-");
  });
});
