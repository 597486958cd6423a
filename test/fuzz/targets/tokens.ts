/** What agents print, counted by the tokens in it: in every form, cut anywhere. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { createTally } from "../../../src/observe/ledger.ts";
import type { TallySpec } from "../../../src/observe/tally.ts";
import { cutAnywhere, type Target } from "../engine/target.ts";

const OF_ALL = { trial: "ab12", operations: 1000 } as const;

const SPECS: readonly TallySpec[] = [
  { ...OF_ALL, form: { kind: "text" }, tokenIn: "path" },
  { ...OF_ALL, form: { kind: "text" }, tokenIn: "argument", techniques: [true, false, true] },
  { ...OF_ALL, form: { kind: "hex" }, tokenIn: "path" },
  { ...OF_ALL, form: { kind: "hex" }, tokenIn: "argument" },
  { ...OF_ALL, form: { kind: "ipv4", before: '"ip":"' }, tokenIn: "address" },
  { ...OF_ALL, form: { kind: "sockaddr", before: "saddr=" }, tokenIn: "address" },
  { ...OF_ALL, form: { kind: "records", holding: [["exec", "EXEC"], "id"] }, tokenIn: "argument", warmup: 3 },
  { ...OF_ALL, form: { kind: "records", holding: ["a"], bytes: 64 }, tokenIn: "argument" },
];

const target: Target = {
  seeds: () => [
    '{"path":"/tmp/TK-ab12/0000000a","args":["TK-ab12-0000000b"],"ip":"127.32.0.5"}\n',
    "type=SOCKADDR saddr=02000050 7f200005 saddr=020000507F2000050000\nEXEC id=1 exec id=2\n",
    `proctitle=${Buffer.from("TK-ab12/0000000c\0TK-ab12-000003e7 ").toString("hex").toUpperCase()}\n`,
    '"TK-ab12\\/00000001" "TK-ab12\\u002f00000002" TK-ab12%2F00000003 \n',
  ],
  words: [
    "TK-",
    "TK-ab12",
    "TK-ab12/",
    "TK-ab12-0000",
    "00000001",
    "544b2d",
    "\\/",
    "\\\\u002f",
    "%2f",
    '"ip":"127.',
    "127.32.0.1",
    "saddr=0200",
    "7f2",
    "exec",
    "id",
    "\n",
  ],
  run: (input) => {
    // All of them would take eight times as long.
    const spec = SPECS[input.length % SPECS.length];
    if (spec === undefined) return;
    const [whole, pieces] = [createTally(spec), createTally(spec)];
    whole.feed(input);
    for (const piece of cutAnywhere(input)) pieces.feed(piece);
    const counted = whole.end();
    deepStrictEqual(pieces.end(), counted);
    ok(counted.delivered <= spec.operations);
    ok(counted.bytes === input.length);
  },
};
export default target;
