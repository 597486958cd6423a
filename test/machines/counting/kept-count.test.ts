/**
 * tare's own sensor, counted as the kept count was (results/examples/count): no event is lost, and none has become dearer. Guests are booted, for a minute an
 * architecture, only where what they are made of has changed.
 */
import { expect, test } from "vitest";
import { checkCount } from "../../../scripts/machines/check-count.ts";
import { lackingFor } from "./at-hand.ts";
import { ARCHITECTURES } from "../../../src/machines/guests.ts";

const MINUTES = 10;

test.for(ARCHITECTURES)(
  "an event costs no more than it did, on %s",
  { timeout: MINUTES * 60_000 },
  async (architecture, ctx) => {
    const lacking = await lackingFor(architecture);
    const why = `no guest can be made without a network: ${lacking.join(", ")} not here; npm run test:vm fetches it`;
    if (lacking.length > 0) process.stderr.write(`not counted on ${architecture}: ${why}\n`);
    ctx.skip(lacking.length > 0, why);
    const said: string[] = [];
    const outcomes = await checkCount(
      architecture,
      { timeoutMs: MINUTES * 60_000, jobs: 2, evenIfSame: false },
      { info: (text) => said.push(text) },
    );
    expect(outcomes.filter(({ state }) => state === "failed")).toEqual([]);
    const skipped = outcomes.filter(({ state }) => state === "skipped");
    for (const { why: reason } of skipped) process.stderr.write(`${architecture}: ${reason}\n`);
    ctx.skip(skipped.length > 0, skipped.map(({ why: reason }) => reason).join("; "));
  },
);
