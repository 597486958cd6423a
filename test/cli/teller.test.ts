/** What happens in a session, as a user reads it. */
import { expect, test } from "vitest";
import { createTeller } from "../../src/cli/teller.ts";
import type { SessionEvent } from "../../src/session/session.ts";
import { fakeRun } from "../run/fake-run.ts";
import { keepingScreen } from "../support/keeping-screen.ts";

const { plan } = fakeRun({ blocks: 3 });
const status = {
  id: "watcher",
  title: "a watcher",
  role: "sensor",
  observes: [],
  blindSpots: [],
  overload: "drops",
  status: "skipped",
  version: null,
  reason: "it is not installed",
  hint: "install it",
} as const;

const toldAs = (event: SessionEvent, uid = 0): readonly string[] => {
  const screen = keepingScreen();
  createTeller(screen, { now: () => 0, uid })(event);
  return screen.said;
};

test.each<[SessionEvent, RegExp]>([
  [{ kind: "audit-freed", pid: 28819 }, /^audit belonged to process 28819, which is dead: freed it$/],
  [
    { kind: "cleaned", journal: "12-3", undone: ["cgroup /x"], folder: "/r/7" },
    /cgroup \/x\n.*`tare run --resume \/r\/7`$/,
  ],
  [
    { kind: "cleaned", journal: "12-3", undone: [], folder: undefined },
    /^undid what run 12-3 left .*nothing was left$/,
  ],
  [{ kind: "left", problem: "cgroup: busy" }, /^left on the node: cgroup: busy$/],
  [{ kind: "damaged", path: "r/record.jsonl", line: 7, why: "cut off" }, /^r\/record\.jsonl:7: cut off$/],
  [
    { kind: "policy", of: "auditd", leftOut: ["x.rules:9: -e 2: they could not be taken away again"] },
    /^not followed: x\.rules:9: -e 2: they could/,
  ],
  [
    { kind: "policy", of: "auditd", leftOut: [], together: 20 },
    /^auditd: its 20 rules are measured together only; --each-policy measures each/,
  ],
  [
    { kind: "few-blocks", fitting: 2, least: 4, seconds: 601 },
    /^the time has room for 2 blocks, and intervals need 4: --time-budget 11m/,
  ],
  [{ kind: "service-stopped", title: "auditd.service" }, /^stopping auditd\.service .* started again/],
  [{ kind: "resumed", plan, firstBlock: 2 }, /^resuming at block 3 of 3$/],
  [{ kind: "interrupted", signal: "SIGINT" }, /^SIGINT: stopping/],
  [{ kind: "measured", outcome: { reason: "complete", blocks: 1 }, planned: 3 }, /^1 block done$/],
  [{ kind: "measured", outcome: { reason: "time-budget", blocks: 2 }, planned: 3 }, /after 2 of 3 blocks$/],
  [{ kind: "measured", outcome: { reason: "precise-enough", blocks: 2 }, planned: 3 }, /precise enough/],
])("%j", (event, expected) => {
  expect(toldAs(event)).toEqual([expect.stringMatching(expected)]);
});

test("a start names who is measured, who is skipped and why, and who is left out", () => {
  const started: SessionEvent = {
    kind: "started",
    plan,
    statuses: [status],
    leftOut: ["risky"],
    forecastSeconds: 61,
  };
  const told = toldAs(started);
  expect(told[0]).toBe("skipped watcher: it is not installed. install it");
  expect(told[1]).toMatch(/^measuring baseline, watcher on file-open: at most 3 blocks, about 01:01$/);
  expect(told[2]).toMatch(/^left out unless named with --agents: risky/);
  expect(toldAs(started, 1000)[1]).toMatch(/^not root/);
});
