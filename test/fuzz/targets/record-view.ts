/**
 * Records that are sealed and whose lines are lines, whatever they say: made by somebody else, or by a tare with a bug. All that is made of one
 * is made: figures, summary, page's words, exports, comparison with itself.
 */
import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { diffRecords } from "../../../src/analyse/compare/diff.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { CHAIN_START, seal } from "../../../src/record/chain.ts";
import { readLines } from "../../../src/record/reader.ts";
import { EXPORT_FORMATS } from "../../../src/report/export.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { viewOf } from "../../../src/session/view.ts";
import { buildRecord } from "../../analyse/support/record-builder.ts";
import { changeJsonLine } from "../engine/json.ts";
import { refused, refusedLater, type Target } from "../engine/target.ts";

const SHORT = readFileSync(join(import.meta.dirname, "../../record/fixtures/short.jsonl"), "utf8");

const unsealed = (text: string): string => text.replaceAll(/,"digest":"[0-9a-f]{64}"\}$/gm, "}");

const built = (lines: readonly RecordLine[]): string => lines.map((line) => JSON.stringify(line)).join("\n");

/** What is an object gets the seal that its writer would have given it. */
const sealed = (text: string): string => {
  let previous = CHAIN_START;
  return text
    .split("\n")
    .flatMap((line) => {
      let found: unknown;
      try {
        found = JSON.parse(line);
      } catch {
        return [];
      }
      if (
        typeof found !== "object" ||
        found === null ||
        Array.isArray(found) ||
        Object.keys(found).length === 0
      )
        return [];
      const { text: whole, digest } = seal(previous, found as RecordLine);
      previous = digest;
      return [`${whole}\n`];
    })
    .join("");
};

const target: Target = {
  seeds: () => [
    unsealed(SHORT),
    built(buildRecord({ blocks: 2, agents: ["probe"] })),
    built(buildRecord({ blocks: 4, agents: ["calibration-nothing", "calibration-loss@silent-10", "probe"] })),
  ],
  words: [],
  change: changeJsonLine,
  maxBytes: 1 << 18,
  maxMs: 5000,
  run: async (input) => {
    const text = sealed(input.toString());
    const chunks = Readable.from([Buffer.from(text)]);
    const record = await refusedLater(() => readLines("record.jsonl", { chunks }));
    if (record === undefined) return;
    const view = refused(() => viewOf(record));
    if (view === undefined) return;
    for (const { render } of Object.values(EXPORT_FORMATS)) ok(typeof render(view) === "string");
    renderTerminal(view, { columns: 80, colour: false });
    const { header } = record;
    diffRecords({ header, view }, { header, view }, 1);
  },
};
export default target;
