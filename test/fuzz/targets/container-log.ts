/** Logs of container runtimes, cut anywhere. */
import { deepStrictEqual } from "node:assert/strict";
import { createContainerLog } from "../../../src/observe/container-log.ts";
import { cutAnywhere, type Target } from "../engine/target.ts";

const printed = (format: "kubernetes" | "docker", pieces: readonly Uint8Array[]): string => {
  const out: Uint8Array[] = [];
  const feed = createContainerLog((chunk) => out.push(Uint8Array.from(chunk)), format);
  for (const piece of pieces) feed(piece);
  return Buffer.concat(out).toString("latin1");
};

const target: Target = {
  found: () => ["\n".repeat(65_000), '{"log":"a","stream":"stdout"}\n'.repeat(2000), "a".repeat(65_000)],
  seeds: () => [
    '2026-01-01T00:00:00.0+00:00 stdout P {"type":"op\n2026-01-01T00:00:00.0+00:00 stdout F en","pid":7}\n',
    '{"log":"{\\"type\\":\\"op","stream":"stdout","time":"2026-01-01T00:00:00.0Z"}\n{"log":"en\\n","stream":"stderr","time":"t"}\n',
  ],
  words: [
    " stdout P ",
    " stderr F ",
    " stdout ",
    '{"log":"',
    '","stream":"stdout"}',
    "\\n",
    "\n",
    "null",
    "\\ud800",
  ],
  run: (input) => {
    for (const format of ["kubernetes", "docker"] as const)
      deepStrictEqual(printed(format, cutAnywhere(input)), printed(format, [input]));
  },
};
export default target;
