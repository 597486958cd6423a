/**
 * What the verifier had to walk through for each hook, beside what it was when the program was last changed: a change that makes
 * it explode loads slowly on every node, and not at all on kernels with less patience. Kernels count differently, so a count is
 * compared with one of the same kernel only.
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES, forEachHook } from "./observing.ts";

const KERNEL = `${process.arch} ${release().split(".").slice(0, 2).join(".")}`;
const recorded = (
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/verified.json"), "utf8")) as Record<
    string,
    Record<string, number>
  >
)[KERNEL];

/** The kernel gives up at a million; a tenth of it leaves room for kernels that count more. */
const MOST = 100_000;
const MAX_GROWTH = 0.2;
const percentText = (growth: number): string => `${growth < 0 ? "" : "+"}${(100 * growth).toFixed(1)} %`;

for (const family of FAMILIES) {
  forEachHook(family, ({ hook, verifiedInstructions }) => {
    test("is far from what the kernel accepts at most", (context) => {
      context.skip(typeof verifiedInstructions !== "number", "this kernel does not count (before 5.16)");
      expect(verifiedInstructions).toBeLessThan(MOST);
    });

    test("has not grown by much", async (context) => {
      const before = recorded?.[`${family} ${hook}`];
      context.skip(typeof verifiedInstructions !== "number", "this kernel does not count (before 5.16)");
      if (before === undefined || typeof verifiedInstructions !== "number")
        return context.skip(
          `fixtures/verified.json has no count for ${KERNEL}, ${family} ${hook}: ${verifiedInstructions}`,
        );
      const growth = verifiedInstructions / before - 1;
      const said = `${family} ${hook}: ${verifiedInstructions} instructions, ${before} in verified.json, ${percentText(growth)}`;
      if (growth !== 0) await context.annotate(said);
      // The words are what a failure shows.
      expect(growth > MAX_GROWTH ? said : "no more than it may").toBe("no more than it may");
    });
  });
}
