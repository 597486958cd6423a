/** Wishes that are printed, and what the node shows of them. */
import { describe, expect, test } from "vitest";
import { TareError } from "../../../src/domain/errors.ts";
import type { Sight } from "../../../src/domain/wish.ts";
import type { NodeLine } from "../../../src/k8s/node/lines.ts";
import { createWishes } from "../../../src/k8s/node/wishes.ts";
import { FakeHost } from "../../support/fake-host.ts";

const AGENT = "daemonset:kube-system/tetragon";

/** An agent on a node of data, and what was printed and looked at, in order. */
const node = (
  change: { readonly stops?: boolean; readonly starts?: boolean; readonly looks?: number } = {},
) => {
  const { stops = true, starts = true, looks = 2 } = change;
  const said: string[] = [];
  const lines: NodeLine[] = [];
  let state: "off" | "on" = "on";
  let left = 0;
  const settle = (to: "off" | "on", may: boolean): readonly string[] => {
    if (state === to) return [];
    left -= 1;
    if (may && left <= 0) state = to;
    return state === to ? [] : [to === "off" ? "2 processes of the pod tetragon-abcde" : "no pod"];
  };
  const sight: Sight = {
    note: () => {
      said.push("noted");
      return Promise.resolve();
    },
    remains: () => Promise.resolve(settle("off", stops)),
    lacks: () => Promise.resolve(settle("on", starts)),
  };
  const wishes = createWishes({
    host: new FakeHost(),
    sights: new Map([[AGENT, sight]]),
    withinSeconds: 30,
    say: (line: NodeLine) => {
      lines.push(line);
      if (line.tare === "want") left = looks;
      said.push(
        line.tare === "want" || line.tare === "seen" ? `${line.tare} ${line.state} ${line.turn}` : line.tare,
      );
    },
  });
  const comesBack = (): void => {
    state = "on";
    left = looks;
  };
  return { wishes, said, lines, comesBack };
};

describe("a wish", () => {
  test("is printed, and seen once the node shows it; what is to be gone is noted before it is asked for", async () => {
    const { wishes, said } = node();
    await wishes.fulfil({ agent: AGENT, state: "off" });
    await wishes.fulfil({ agent: AGENT, state: "on" });
    expect(said).toEqual(["noted", "want off 1", "seen off 1", "want on 2", "seen on 2"]);
    expect(wishes.unmet.aborted).toBe(false);
  });

  test("to have it on again tells of one that was back already: nobody may have seen it", async () => {
    const { wishes, lines, comesBack } = node();
    await wishes.fulfil({ agent: AGENT, state: "off" });
    await wishes.fulfil({ agent: AGENT, state: "on" });
    await wishes.fulfil({ agent: AGENT, state: "off" });
    comesBack();
    await wishes.fulfil({ agent: AGENT, state: "on" });
    const told = lines.flatMap((line) => (line.tare === "want" ? [[line.turn, line.unkept]] : []));
    expect(told).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [4, { turn: 3, back: ["2 processes of the pod tetragon-abcde"] }],
    ]);
  });

  test("is told for what is measured under it: on for the agent's own turn, off for all others, and none that was not met", async () => {
    const { wishes } = node();
    expect(wishes.held(undefined)).toEqual([]);
    for (const state of ["off", "on", "off"] as const) await wishes.fulfil({ agent: AGENT, state });
    // A turn's line is written when its agent has been stopped again.
    expect(wishes.held(AGENT)).toEqual([{ agent: AGENT, wish: 2, state: "on" }]);
    expect(wishes.held(undefined)).toEqual([{ agent: AGENT, wish: 3, state: "off" }]);
    const { wishes: unmet } = node({ stops: false });
    await expect(unmet.fulfil({ agent: AGENT, state: "off" })).rejects.toThrow(/was not off/);
    expect(unmet.held(undefined)).toEqual([]);
  });

  test("that is not fulfilled in time says what is still to be seen, and ends the run", async () => {
    const { wishes, said } = node({ stops: false });
    const failed = wishes.fulfil({ agent: AGENT, state: "off" });
    await expect(failed).rejects.toThrow(
      "daemonset:kube-system/tetragon was not off within 30 s; on this node: 2 processes of the pod tetragon-abcde",
    );
    expect(wishes.unmet.reason).toMatchObject({ kind: "run-failed" });
    expect(said).toEqual(["noted", "want off 1"]);
  });

  test("to have it off is nobody's any more once one was not fulfilled; to have it on still is", async () => {
    const { wishes, said } = node({ starts: false });
    await wishes.fulfil({ agent: AGENT, state: "off" });
    await expect(wishes.fulfil({ agent: AGENT, state: "on" })).rejects.toThrow("was not on within 30 s");
    await wishes.fulfil({ agent: AGENT, state: "off" });
    await expect(wishes.fulfil({ agent: AGENT, state: "on" })).rejects.toThrow("was not on");
    expect(said.filter((line) => line !== "noted")).toEqual([
      "want off 1",
      "seen off 1",
      "want on 2",
      "want on 3",
    ]);
  });

  test("is given up when the run is interrupted", async () => {
    const { wishes } = node({ stops: false });
    const interruption = new AbortController();
    const waiting = wishes.fulfil({ agent: AGENT, state: "off" }, interruption.signal);
    interruption.abort(new TareError("interrupted", "interrupted by SIGTERM", "start again"));
    await expect(waiting).rejects.toThrow("interrupted by SIGTERM");
    expect(wishes.unmet.aborted).toBe(false);
  });

  test("to have it off is given up when the run ends, whatever waits for it", async () => {
    const { wishes, said } = node({ stops: false, looks: 1000 });
    const waiting = wishes.fulfil({ agent: AGENT, state: "off" });
    wishes.end();
    await expect(waiting).rejects.toMatchObject({ kind: "interrupted" });
    await wishes.fulfil({ agent: AGENT, state: "on" });
    expect(said.at(-1)).toBe("seen on 2");
  });
});
