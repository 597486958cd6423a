import { expect, test } from "vitest";
import { ClusterError, type FollowOptions } from "../../../src/k8s/cluster.ts";
import { followNodeLog, type Heard } from "../../../src/k8s/conductor/node-log.ts";
import { type NodeLine, type Wish, writeNodeLine } from "../../../src/k8s/node/lines.ts";
import { virtualTime } from "../fake/virtual-time.ts";

const AGENT = "daemonset:kube-system/tetragon";
const want = (turn: number, state: "off" | "on"): Wish => ({
  tare: "want",
  agent: AGENT,
  state,
  turn,
  within: 60,
});
const seen = (turn: number, state: "off" | "on"): NodeLine => ({ tare: "seen", agent: AGENT, state, turn });

const BREAK = Symbol("the connection breaks");
/** What one reading gives: lines, and then its end or a break. */
type Reading = readonly (NodeLine | string | typeof BREAK)[];

const heardAfter = async (
  existing: readonly Reading[],
  following: readonly Reading[],
): Promise<readonly Heard[]> => {
  const time = virtualTime();
  const heard: Heard[] = [];
  let reads = 0;
  async function* followLog(_: string, __: string, { follow = true }: FollowOptions = {}) {
    const reading = follow ? (following[reads++] ?? []) : (existing[reads] ?? []);
    for (const line of reading) {
      await time.sleep(10);
      if (line === BREAK) throw new ClusterError("unreachable", "the connection broke");
      yield typeof line === "string" ? line : writeNodeLine(line);
    }
  }
  const log = followNodeLog({ followLog }, time, { namespace: "tare", pod: "p" });
  for (let seconds = 0; seconds < 10; seconds++) {
    heard.push({ ...log.heard(), wishes: new Map(log.heard().wishes) });
    await time.run(() => false, 1000);
  }
  heard.push(log.heard());
  let isStopped = false;
  log.stop().then(
    () => {
      isStopped = true;
    },
    () => undefined,
  );
  expect(await time.run(() => isStopped, 10_000)).toBe(true);
  return heard;
};
const last = (heard: readonly Heard[]) => heard.at(-1)?.wishes.get(AGENT);

test("nothing that it says counts before it was read whole", async () => {
  const heard = await heardAfter([["a note", want(1, "off"), BREAK]], []);
  expect(heard[0]).toMatchObject({ isWhole: false, wishes: new Map() });
  expect(heard[1]).toMatchObject({ isWhole: false, wishes: new Map() });
});

test("the last wish is what counts, and whether the node has seen it come true", async () => {
  const heard = await heardAfter(
    [[want(1, "off"), seen(1, "off"), want(2, "on"), seen(2, "on"), want(3, "off")]],
    [],
  );
  expect(last(heard)).toEqual({ state: "off", turn: 3, isSeen: false });
});

test("what is said later is followed", async () => {
  const heard = await heardAfter([[want(1, "off")]], [[seen(1, "off"), BREAK]]);
  expect(last(heard)).toEqual({ state: "off", turn: 1, isSeen: true });
});

test("a broken connection loses nothing: the log is read anew", async () => {
  const heard = await heardAfter(
    [[want(1, "off")], [want(1, "off"), seen(1, "off"), want(2, "on")]],
    [[BREAK]],
  );
  expect(last(heard)).toEqual({ state: "on", turn: 2, isSeen: false });
});

test("what was seen of an earlier wish is not taken for the present one", async () => {
  const heard = await heardAfter([[want(1, "off"), want(3, "off"), seen(1, "off")]], []);
  expect(last(heard)).toEqual({ state: "off", turn: 3, isSeen: false });
});

test("a turn before whose end the agent was back is told once, however often the log is read", async () => {
  const on: NodeLine = { ...want(2, "on"), unkept: { turn: 1, back: ["1 process of the pod p"] } };
  const heard = await heardAfter([[want(1, "off"), on], [on]], [[BREAK]]);
  expect(heard.at(-1)?.unkept).toEqual([
    { agent: AGENT, turn: 1, why: "the agent was back before the turn's end: 1 process of the pod p" },
  ]);
});

test("a connection that has died in silence is given up, and what was said meanwhile is heard", async () => {
  const time = virtualTime();
  const asked: (number | undefined)[] = [];
  let isSaid = false;
  async function* followLog(_: string, __: string, { follow = true, fromLine, signal }: FollowOptions = {}) {
    asked.push(follow ? fromLine : undefined);
    if (!follow) {
      yield writeNodeLine(want(1, "on"));
      return;
    }
    if (isSaid) yield writeNodeLine(want(2, "off"));
    await time.sleep(3_600_000, signal);
    // As the client does.
    signal?.throwIfAborted();
  }
  let rings = 0;
  const log = followNodeLog({ followLog }, time, { namespace: "tare", pod: "p" }, () => {
    rings += 1;
  });
  await time.run(() => false, 30_000);
  expect(rings).toBe(1);
  isSaid = true;
  await time.run(() => false, 31_000);
  expect(log.heard().wishes.get(AGENT)).toEqual({ state: "off", turn: 2, isSeen: false });
  expect(rings).toBe(2);
  // Not read anew: the log may be long.
  expect(asked).toEqual([undefined, 1, 1]);
  let isStopped = false;
  void log.stop().then(() => {
    isStopped = true;
  });
  expect(await time.run(() => isStopped, 1000)).toBe(true);
});

test("the run's exit code ends it", async () => {
  const heard = await heardAfter([[{ tare: "done", exitCode: 5, blocks: 3, said: "inconclusive" }]], []);
  expect(heard.at(-1)?.exitCode).toBe(5);
});
