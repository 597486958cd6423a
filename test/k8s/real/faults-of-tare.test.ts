/** Whatever becomes of tare's own pods while an agent is away from its node: it ends Ready, and the record is kept. */
import { expect, test } from "vitest";
import { describeAway } from "./away.ts";
import { CONTROL, NAMESPACE } from "./bench.ts";
import { eventually, throughout } from "./eventually.ts";
import { EXITS } from "./node-program.ts";
import { PATHS } from "./paths.ts";
import { isReady } from "./setting.ts";
import { stopwatch } from "./told.ts";

const NAMES = [
  "whole",
  "restarted",
  "dropped",
  "cleaned",
  "deserted",
  "orphaned",
  "evicted",
  "freed",
  "full",
] as const;
const LONG = { timeout: 900_000 };
const DONE = { kind: "done", exitCode: 0 };
/** Of an agent, in thousandths of a CPU, so that the node has not twice as many. */
const TOO_FEW_CPUS = 190;

describeAway("tare's part of a bench", NAMES, ({ begin, beginAway, control, newControl }) => {
  test("nothing fails", LONG, async () => {
    const away = await beginAway("whole");
    await away.bench.says(/"state":"off"/);
    away.turn.end();
    await away.back("nothing", "the turn's end");
    expect(await away.outcome()).toEqual(DONE);
    const states = (await away.bench.said()).flatMap((line) => (line.tare === "agent" ? [line.state] : []));
    expect(states.at(0)).toBe("off");
    expect(states.at(-1)).toBe("back");
  });

  test("the conductor is killed, and its Job starts another", LONG, async () => {
    const away = await beginAway("restarted");
    const { bench, setting } = away;
    const [first] = await bench.pods("conductor");
    await setting.admin.delete(PATHS.pods(CONTROL, first?.metadata?.name), { gracePeriodSeconds: 0 });
    await eventually("another conductor", async () => {
      const pods = await bench.pods("conductor");
      if (!pods.some((pod) => isReady(pod) && pod.metadata?.uid !== first?.metadata?.uid))
        throw new Error("none");
    });
    await throughout(5, async () => {
      expect(setting.agentRuns(setting.node)).toBe(false);
      await Promise.resolve();
    });
    away.turn.end();
    await away.back("conductor killed, started anew by its Job", "the turn's end");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the conductor's Job is deleted", LONG, async () => {
    const away = await beginAway("dropped");
    await away.dropConductor();
    await away.back("conductor's Job deleted", "that");
    away.turn.end();
    // Nobody is there to fulfil its next wish.
    expect(await away.nodeDone()).toBe(EXITS.notValid);
  });

  test("the bench is cleaned away by its user", LONG, async () => {
    const away = await beginAway("cleaned");
    const seconds = stopwatch();
    await away.bench.clean();
    away.toldOf({ what: "`tare k8s clean`", since: "its start", agentReadySeconds: seconds() });
    expect(await away.setting.agentPods(away.setting.node.name)).toHaveLength(1);
    expect(away.setting.agentRuns(away.setting.node)).toBe(true);
  });

  test("the bench is cleaned away while the conductor's machine is gone", LONG, async () => {
    const away = await beginAway("deserted");
    await control().fail();
    const seconds = stopwatch();
    await away.bench.clean();
    away.toldOf({
      what: "conductor's machine gone, then `tare k8s clean`",
      since: "its start",
      agentReadySeconds: seconds(),
    });
    // First of all: without it, what fails here fails every test that follows.
    await newControl();
    expect(away.setting.agentRuns(away.setting.node)).toBe(true);
  });

  test("the conductor's machine is gone for good", LONG, async () => {
    const away = await beginAway("orphaned", { holdSeconds: 30 });
    await control().fail();
    const [held] = await away.bench.pods("hold");
    await eventually("the hold at its deadline", async () => {
      if ((await away.setting.phaseOf(held ?? {})) === "Running") throw new Error("it runs");
    });
    await away.back("conductor's machine gone for good", "the hold's deadline");
    expect(away.setting.agentRuns(away.setting.node)).toBe(true);
    await newControl();
    away.turn.end();
    await away.nodeDone();
    await away.dropConductor();
  });

  test("the node pod is evicted", LONG, async () => {
    const away = await beginAway("evicted");
    const { metadata } = await away.bench.nodePod();
    await away.setting.admin.create(`${PATHS.pods(NAMESPACE, metadata?.name)}/eviction`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: metadata?.name ?? "", namespace: NAMESPACE },
    });
    await away.back("node pod evicted", "that");
    expect(await away.outcome()).toMatchObject({ kind: "interrupted" });
  });

  test("the hold is deleted by somebody else", LONG, async () => {
    const away = await beginAway("freed");
    const [held] = await away.bench.pods("hold");
    await away.setting.deletePod(held ?? {});
    await away.back("hold deleted by somebody else", "that");
    await away.bench.says(/"tare":"void"/);
    expect(await away.outcome()).toEqual(DONE);
  });

  test("on a node without room for a second agent it never goes", LONG, async () => {
    const away = await begin("full", { nodes: [{ milliCpus: TOO_FEW_CPUS }] });
    await away.bench.says(/the node is full/);
    await throughout(5, async () => {
      expect(away.setting.agentRuns(away.setting.node)).toBe(true);
      await Promise.resolve();
    });
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });
});
