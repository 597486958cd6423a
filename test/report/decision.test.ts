/** Someone who sees only the first screen decides rightly, in every format: records that were made to be hard. */
import { describe, expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { displayWidth } from "../../src/report/width.ts";
import { renderHtml } from "./support/render.ts";
import { HARD, bench } from "./support/hard-records.ts";

const TITLE = "May it be rolled out?";

const terminal = (view: RunView, columns = 80): string => {
  const text = renderTerminal(view, { columns, colour: false });
  return text.slice(text.indexOf(TITLE));
};

const markdown = (view: RunView): string => {
  const text = renderMarkdown(view);
  return text.slice(0, text.indexOf("\n### Run\n"));
};

const page = async (view: RunView): Promise<string> => {
  const whole = await renderHtml(view);
  return whole.slice(whole.indexOf('<section id="decision"'), whole.indexOf("<nav"));
};

/** The words of a first screen without marks of the format, so that one sentence is found in all of them. */
const words = (text: string): string =>
  text
    .replaceAll(/<svg.*?<\/svg>/gs, " ")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll(/[*\\]/g, "")
    .replaceAll("|", " ")
    .replaceAll(/[\s\u00a0]+/g, " ");

const FORMATS: Readonly<Record<string, (view: RunView) => string | Promise<string>>> = {
  terminal: (view) => terminal(view, 2000),
  markdown,
  page,
};

const saidIn = async (format: string, view: RunView): Promise<string> =>
  words((await FORMATS[format]?.(view)) ?? "");

const HARD_ONES: readonly (readonly [
  name: string,
  view: () => RunView,
  says: readonly (string | RegExp)[],
  never: RegExp,
])[] = [
  [
    "all shed",
    HARD.allShed,
    [
      "No agent is known to have seen everything",
      "sheds events, so its costs are not those of the work",
      "84.0 % [83.4, 84.6]",
      "31.0 % [30.2, 31.8]",
      /4.464 silently/,
    ],
    /is the cheapest|\bwithin\b(?! its| their)/,
  ],
  [
    "two tied",
    HARD.twoTied,
    [
      /(tracee and sensor|sensor and tracee) saw everything within their budgets, and which of them is cheaper cannot be told/,
      "The next, falco, is known to cost more: +30.2",
      "file-open, network-connect",
    ],
    /is the cheapest that/,
  ],
  [
    "none measured",
    HARD.noneMeasured,
    [
      "No agent was measured, so none is known to be fit to be rolled out.",
      "falco (the kernel has no BTF) and tetragon (the kernel has no BTF)",
    ],
    /is the cheapest|\bwithin\b/,
  ],
  [
    "one crashed",
    HARD.oneCrashed,
    [
      "sensor is the cheapest that saw everything and is within its budgets",
      /falco (\? )?not known/,
      "crashed in 1 of 12 turns: killed by SIGSEGV",
      "a run that it survives",
    ],
    /falco (✓ )?within/,
  ],
  [
    "emulated",
    HARD.emulated,
    [
      "emulated: functional, no performance verdict",
      "nothing is known of what the agents would cost or lose on a real node",
      /sensor (\? )?not known/,
      /falco (\? )?not known/,
      "a run on a real CPU",
    ],
    /is the cheapest|\bwithin\b|\bover\b|[µu]s\/op \[/,
  ],
];

describe.each(HARD_ONES)("%s", (_, view, says, never) => {
  test.each(Object.keys(FORMATS))("is decided rightly by the first screen alone: %s", async (format) => {
    const said = await saidIn(format, view());
    for (const one of says) expect(said).toMatch(one instanceof RegExp ? one : RegExp(escaped(one)));
    expect(said).not.toMatch(never);
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]]/g, String.raw`\$&`);

describe("a run of seven agents", () => {
  test.each(Object.keys(FORMATS))(
    "names the cheapest that saw everything, and by how much it is known to be cheaper than the next: %s",
    async (format) => {
      const said = await saidIn(format, bench());
      expect(said).toContain("sensor is the cheapest that saw everything and is within its budgets");
      expect(said).toMatch(
        /The next, falco, is known to cost more: \+4\d.\d [µu]s\/op \[3\d.\d, 4\d.\d\] for exec/,
      );
      expect(said).toContain("Of the instrument's own checks");
    },
  );

  test("is one row an agent, the last thing on a terminal", () => {
    const lines = terminal(bench()).trimEnd().split("\n");
    const rows = bench().decisions.agents.map(({ agent, answer }) => {
      const title = answer === "not-known" ? "not known" : answer;
      return lines.findIndex((line) => line.startsWith(`  ${agent} `) && line.includes(`  ${title} `));
    });
    expect(rows.every((row, index) => row > (rows[index - 1] ?? 0))).toBe(true);
    expect(lines.at(-1)).toMatch(/could not be confirmed in this run\.$/);
  });

  test.each([60, 80, 100, 160])("fits %d columns of a terminal, and loses nothing there", (columns) => {
    const text = terminal(bench(), columns);
    expect(text.split("\n").filter((line) => displayWidth(line) > columns)).toEqual([]);
    const said = words(text);
    for (const one of [
      "+3.94 us/op [3.",
      "17.0 % [16.4, 17.6]",
      "does not see",
      "crashed in 1 of 12 turns",
      "8.50 MiB",
    ])
      expect(said).toContain(one);
  });

  test.each(Object.keys(FORMATS))(
    "accuses no agent of not seeing what could not be counted of it: %s",
    async (format) => {
      const view = bench();
      const [first] = view.decisions.agents;
      if (first === undefined) throw new Error("nobody is decided on");
      const reason = { kind: "not-counted", text: "not counted: its log was cut off" } as const;
      const blind = [{ agent: first.agent, scenario: "file-open", reason }];
      const said = await saidIn(format, {
        ...view,
        decisions: { ...view.decisions, agents: [{ ...first, blind }] },
      });
      expect(said).toContain("not counted: file-open");
    },
  );

  test("tells of a peak of memory only above what an agent holds", () => {
    const view = bench();
    const withPeak = (peakMiB: number): RunView => ({
      ...view,
      decisions: {
        ...view.decisions,
        agents: view.decisions.agents.map((one) => ({ ...one, memory: { heldMiB: 4, pssMiB: 4, peakMiB } })),
      },
    });
    expect(words(terminal(withPeak(6)))).toContain("4.00 MiB, peak 6.00 MiB");
    expect(words(terminal(withPeak(3.5)))).not.toContain("peak 3.50 MiB");
  });

  test("draws each cost against its budget, and says it in figures beside", async () => {
    expect(terminal(bench())).toMatch(/auditd +over +██████│█▶/);
    expect(terminal(bench())).toMatch(/falco +within +███···│··/);
    const drawn = await page(bench());
    expect(drawn.match(/<svg class="bar/g)).toHaveLength(28);
    expect(drawn.match(/<svg class="bar [a-z-]+" viewBox="[^"]+" aria-hidden="true">/g)).toHaveLength(28);
  });
});
