/** Pages of metrics, in the text format of Prometheus. */
import { ok } from "node:assert/strict";
import { sumOfCounters } from "../../../src/agents/shared/prometheus.ts";
import { value } from "../../../src/domain/units.ts";
import type { Target } from "../engine/target.ts";

const target: Target = {
  found: () => [
    `lost_total 1\nmissed{${"a".repeat(60_000)}="1"} 1\n`,
    "lost_total -1\n",
    "lost_total +Inf\n",
    "lost_total 1e308\nmissed 1e308\n",
  ],
  seeds: () => [
    '# HELP lost_total Lost.\n# TYPE lost_total counter\nlost_total 5\nmissed{msg_op="5",reason="a\\"b"} 7 1700000000\nmissed{msg_op="23"} 1e3\n',
    "lost_total NaN\nlost_total +Inf\nlost_total -1\n",
  ],
  words: [
    "lost_total ",
    "missed{",
    'msg_op="5"',
    "} ",
    "\\",
    '"',
    "NaN",
    "+Inf",
    "1e308",
    " -1",
    "{}",
    "\n",
    "   ",
  ],
  run: (input) => {
    const sum = sumOfCounters(value(input.toString()), {
      always: ["lost_total"],
      whenCounted: [{ name: "missed", labels: ["msg_op", "op"], among: ["5"] }],
    });
    ok(sum.kind === "missing" || (Number.isFinite(sum.value) && sum.value >= 0), JSON.stringify(sum));
  },
};
export default target;
