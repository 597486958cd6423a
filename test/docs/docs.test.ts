import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { agentPage, sensorsOf } from "../../scripts/agent-pages/pages.ts";
import { generatedDocs, withParts } from "../../scripts/docs.ts";
import { readTriedFile } from "../../scripts/agent-pages/tried.ts";
import AUDITD from "../../src/agents/auditd.ts";
import TRACEE from "../../src/agents/tracee.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { baseOf } from "../../src/domain/installed.ts";
import { loadFolder } from "../../src/host/load-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const docs = await generatedDocs();

test.each([...docs.keys()])("%s is what the data sheets say (npm run docs writes it)", (file) => {
  expect(readFileSync(join(ROOT, file), "utf8")).toBe(docs.get(file));
});

test("no page in docs/agents is of an agent that is gone", () => {
  const pages = readdirSync(join(ROOT, "docs/agents")).filter((name) => name.endsWith(".md"));
  const generated = pages.filter((name) => docs.has(`docs/agents/${name}`));
  expect(pages.filter((name) => !generated.includes(name))).toEqual(["README.md"]);
  expect(generated).not.toEqual([]);
});

test("every agent has a page, and README a row that leads to it", async () => {
  const agents = [...(await loadFolder<Agent>(join(ROOT, "src/agents"))).values()];
  const sensors = agents.filter(({ role }) => role === "sensor").map(({ id }) => baseOf(id));
  for (const name of sensors) {
    expect(docs.get(`docs/agents/${name}.md`)).toContain(`# ${name}\n`);
    expect(docs.get("README.md")).toContain(`[${name}](docs/agents/${name}.md)`);
  }
});

describe("what was tried", () => {
  const agents = [AUDITD, TRACEE].flatMap(({ variants }) => variants);
  const PLACE =
    'places:\n  here: { system: Debian 12, kernel: "6.18", architecture: amd64, emulated: false }\n';
  const row = (change: string): string =>
    `${PLACE}tried:\n  - { agents: [auditd], version: 3.0.9, from: debian, in: here, what: run, on: 2026-11-29, outcome: all${change} }\n`;

  test("is read with what it was tried on, and the variants that are meant", () => {
    expect(readTriedFile(row(""), "tried.yaml", agents)).toEqual([
      {
        agents: agents.map(({ id }) => id).filter((id) => id.startsWith("auditd@")),
        version: "3.0.9",
        build: "3.0.9, Debian's package",
        where: "Debian 12, kernel 6.18, amd64",
        what: "run",
        outcome: "all",
        date: "2026-11-29",
      },
    ]);
  });

  test.each([
    [
      "an agent that is not there",
      row("").replace("[auditd]", "[auditdd]"),
      /:4: there is no agent "auditdd"/,
    ],
    ["a place that is not there", row("").replace("in: here", "in: there"), /:4: there is no place "there"/],
    ["a key that nobody reads", row(", why: none"), /:4: .*unknown key "why"/],
    ["a day that is none", row("").replace("2026-11-29", "yesterday"), /:4: .*on/],
  ])("is refused with its line: %s", (_, text, message) => {
    expect(() => readTriedFile(text, "tried.yaml", agents)).toThrow(message);
  });

  test("stands on the page with its version; a variant that nobody ran is named, and so is an agent", () => {
    const [auditd, tracee] = sensorsOf(
      agents,
      readTriedFile(row("").replace("[auditd]", '["auditd@blocking"]'), "tried.yaml", agents),
    ).map(agentPage);
    expect(auditd).toContain("| `auditd@blocking` | 3.0.9, Debian's package |");
    expect(auditd).toContain(
      "Not run by the project: `auditd@dropping`, `auditd@high-value`, `auditd@changes`, `auditd@shipped`, `auditd@idle`",
    );
    expect(tracee).toContain("The project has not run it");
  });
});

test("a part replaces what stands between its markers, and nothing else", () => {
  const text = "a\n<!-- x: npm run docs -->\nold\n<!-- end of x -->\nb\n";
  expect(withParts(text, new Map([["x", "new"]]))).toBe(
    "a\n<!-- x: npm run docs -->\n\nnew\n\n<!-- end of x -->\nb\n",
  );
});

test("a README without the markers is refused, not left as it is", () => {
  expect(() => withParts("a\n", new Map([["x", "new"]]))).toThrow("lacks");
});
