/** What the set-up before the guests took. */
import { expect, test } from "vitest";
import { createSpent } from "../../../src/machines/setup/spent.ts";

test("what has one title is one stage, and what was there already is none", async () => {
  let clock = 0;
  const spent = createSpent(() => clock);
  const takes = async (title: string, seconds: number): Promise<string> =>
    await spent.time(title, () => {
      clock += seconds * 1000;
      return Promise.resolve(title);
    });
  expect(await takes("packages", 3)).toBe("packages");
  await takes("the lab", 0.1);
  await takes("packages", 22);
  expect(spent.stages).toEqual([["packages", 25]]);
});
