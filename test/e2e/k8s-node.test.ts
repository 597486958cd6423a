/** `tare k8s node` on the real kernel, with the sensor as an agent that a cluster runs and this test as the cluster. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { nodeFlags } from "../../src/domain/node-flags.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { known } from "../../src/domain/units.ts";
import { kernelCapabilities } from "../../src/k8s/capabilities.ts";
import { type NodeLine, readNodeLine } from "../../src/k8s/node/lines.ts";
import { readRecord } from "../../src/record/reader.ts";
import { ROOT } from "../support/agent-session.ts";
import { PretendedDaemonSet, type PretendedSpec } from "../support/pretended-daemonset.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MAIN = join(ROOT, "src/cli/main.ts");
const PROGRAM = join(ROOT, "build/bpf/tare-sensor");
const folder = temporaryFolder();

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root";
  return existsSync(PROGRAM) ? undefined : "the sensor is not built";
};
const reason = whyNot();

const pretended = (change: Partial<PretendedSpec> = {}): PretendedDaemonSet => {
  const own = mkdtempSync(join(folder, "cluster-"));
  return new PretendedDaemonSet({
    namespace: "agents",
    name: "edr",
    folder: own,
    driver: "systemd",
    command: [PROGRAM, "--families=exec,file", "--output=-"],
    rotateBytes: 200_000,
    ...change,
  });
};

type Said = Extract<NodeLine, { readonly tare: "want" | "seen" | "preflight" | "done" }>;

interface Bench {
  readonly said: readonly Said[];
  readonly record: readonly string[];
  readonly code: number | null;
  readonly stderr: string;
  /** In which it worked. */
  readonly work: string;
}

interface Cluster {
  /** Called with each line that the pod says. */
  onSaid(line: Said, node: ChildProcess): Promise<void> | void;
}

/** Does as it is asked, like a conductor. */
const obeying = (pod: PretendedDaemonSet): Cluster => ({
  onSaid: async (line) => {
    if (line.tare !== "want") return;
    if (line.state === "on") pod.start();
    else await pod.stop();
  },
});

/** Root and control groups are read-only, and these are a namespace of its own; what it may write to is its folder. */
const CONFINE = `mount --bind "$PWD" "$PWD"
grep -E " cgroup2? " /proc/self/mounts | while read -r _ point _; do mount -o remount,bind,ro "$point"; done
mount --bind "$PODS" "$PODS"
mount -o remount,bind,ro / && cd "$PWD" || exit 99
exec setpriv --bounding-set="-all,+$(echo "$CAPABILITIES" | sed "s/,/,+/g")" "$@"`;

const confined = ["unshare", "--mount", "--cgroup", "--propagation", "private", "sh", "-ec", CONFINE, "sh"];

const bench = async (
  pod: PretendedDaemonSet,
  cluster: Cluster,
  args: readonly string[],
  by: readonly string[] = [],
): Promise<Bench> => {
  const work = mkdtempSync(join(folder, "work-"));
  const env = {
    ...process.env,
    NO_COLOR: "1",
    TARE_BENCH: "b1",
    TARE_NODE: "node-a",
    TARE_NODE_FACTS: JSON.stringify({ instanceType: "m7g.xlarge", pool: "workers" }),
    CAPABILITIES: kernelCapabilities("").join(",").toLowerCase(),
    PODS: pod.logs,
  };
  const usual = ["--attach", pod.target, "--pod-logs", pod.logs, "--allow-foreign"];
  const [command, ...before] = [...by, process.execPath];
  const node = spawn(command, [...before, ...nodeFlags(), MAIN, "k8s", "node", ...usual, ...args], {
    cwd: work,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Said[] = [];
  const record: string[] = [];
  let stderr = "";
  node.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const closed = new Promise<number | null>((resolve) => node.once("close", resolve));
  for await (const text of createInterface({ input: node.stdout })) {
    const read = readNodeLine(text);
    switch (read.kind) {
      case "said":
        said.push(read.line);
        await cluster.onSaid(read.line, node);
        break;
      case "lines":
        expect(read.index).toBe(record.length);
        record.push(...read.lines);
        break;
      case "note":
      case "damaged":
        throw new Error(`standard output is the protocol alone: ${text}`);
    }
  }
  return { said, record, code: await closed, stderr, work };
};

const states = ({ said }: Bench): readonly string[] =>
  said.flatMap((line) =>
    line.tare === "want" || line.tare === "seen" ? [`${line.tare} ${line.state}`] : [],
  );

/** What arrived, as a file of its own. */
const arrived = async (name: string, { record }: Bench) => {
  const path = join(mkdtempSync(join(folder, `${name}-`)), "record.jsonl");
  writeFileSync(path, record.map((text) => `${text}\n`).join(""));
  return await readRecord(path);
};

const isTurn = (line: RecordLine): line is Extract<RecordLine, { readonly type: "turn" }> =>
  line.type === "turn";

const SMALL = ["--profile", "smoke", "--scenarios", "process-exec,file-open", "--blocks", "1"];

describe("a node's bench", () => {
  test("stops and starts the cluster's agent by asking, measures it, and its record is whole in its log", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      const done = await bench(pod, obeying(pod), [...SMALL, "--agents", "sensor", "--within", "30s"]);
      expect({ code: done.code, stderr: done.stderr }).toEqual({
        code: 0,
        stderr: expect.not.stringContaining("error:") as string,
      });
      // Off for the run, on for its turn, off after it, on again at the end; whatever the order of the turns.
      expect(states(done)).toEqual(
        ["off", "on", "off", "on"].flatMap((state) => [`want ${state}`, `seen ${state}`]),
      );
      expect(pod.isOn).toBe(true);

      const [preflight] = done.said;
      expect(preflight).toMatchObject({
        tare: "preflight",
        bench: "b1",
        node: "node-a",
        btf: true,
        agents: [
          { agent: pod.target, product: "sensor", pods: [{ processes: 2, programs: ["tare-sensor"] }] },
        ],
        lacking: [],
      });
      expect(done.said.at(-1)).toMatchObject({ tare: "done", exitCode: 0, blocks: 1 });

      const { path, lines, problems, header } = await arrived("whole", done);
      expect(problems).toEqual([]);
      expect(lines.at(-1)?.type).toBe("end");
      const [run = ""] = readdirSync(done.work).filter((name) =>
        existsSync(join(done.work, name, "record.jsonl")),
      );
      expect(readFileSync(path, "utf8")).toBe(readFileSync(join(done.work, run, "record.jsonl"), "utf8"));
      expect(header.host).toMatchObject({
        seccomp: { kind: "value" },
        kubernetes: {
          node: "node-a",
          bench: "b1",
          instanceType: "m7g.xlarge",
          pool: "workers",
          pods: { kind: "value", value: 1 },
        },
      });

      const trials = lines.flatMap((line) =>
        line.type === "trial" && line.agent === "edr@attached" ? [line] : [],
      );
      expect(trials.map(({ scenario }) => scenario).toSorted()).toEqual(["file-open", "process-exec"]);
      // Each line tells the wish under which it was measured: off, on for its turn, off again.
      const agent = pod.target;
      const measured = lines.filter((line) => line.type === "turn" || line.type === "trial");
      const own = measured.findIndex((line) => line.agent === "edr@attached");
      for (const [index, line] of measured.entries()) {
        const expected =
          line.agent === "edr@attached"
            ? { agent, wish: 2, state: "on" }
            : { agent, wish: index < own ? 1 : 3, state: "off" };
        expect(line.wishes).toEqual([expected]);
      }
      for (const { outcome, scenario } of trials) {
        if (outcome.kind !== "measured") throw new Error(JSON.stringify(outcome));
        const { ledger, cpu } = outcome;
        console.info(`edr@attached, ${scenario}: ${JSON.stringify(ledger)}`);
        expect(ledger).toMatchObject({
          kind: "counted",
          delivered: ledger.kind === "counted" ? ledger.operations : -1,
        });
        expect(known(cpu.agentNs)).toBeGreaterThan(0);
      }
      const turn = lines.filter(isTurn).find(({ agent }) => agent === "edr@attached");
      expect(turn?.outcome).toMatchObject({
        kind: "started",
        settings: { attached: "the DaemonSet agents/edr" },
      });
      expect(turn?.leftovers).toEqual([]);
      expect(readdirSync(done.work)).toEqual([run]);
    } finally {
      await pod.stop();
    }
  });

  test("with no more than a pod has measures the same: few capabilities, a read-only root and control groups", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended({ driver: "cgroupfs" });
    pod.start();
    try {
      const done = await bench(
        pod,
        obeying(pod),
        [...SMALL, "--agents", "sensor", "--within", "30s"],
        confined,
      );
      expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
      const [preflight] = done.said;
      expect(preflight).toMatchObject({ agents: [{ pods: [{ processes: 2 }] }], lacking: [] });
      expect(preflight?.tare === "preflight" ? preflight.capabilities : []).not.toContain("CAP_DAC_OVERRIDE");
      const { lines, problems } = await arrived("confined", done);
      expect(problems).toEqual([]);
      const settingsOf = (agent: string) => {
        const turn = lines.filter(isTurn).find((line) => line.agent === agent);
        expect(turn?.leftovers).toEqual([]);
        return turn?.outcome.kind === "started" ? turn.outcome.settings : {};
      };
      // Its own cost is the kernel's account of its pod; what the image brings has no control group here.
      expect(settingsOf("edr@attached")["cgroup"]).toBeUndefined();
      expect(settingsOf("sensor")["cgroup"]).toMatch(/sum over its processes: .* is mounted read-only/);
      const costs = lines.flatMap((line) =>
        line.type === "trial" && line.agent !== "baseline" ? [line] : [],
      );
      expect(costs.length).toBe(4);
      for (const { outcome } of costs)
        expect(outcome.kind === "measured" ? known(outcome.cpu.agentNs) : 0).toBeGreaterThan(0);
    } finally {
      await pod.stop();
    }
  });

  test("that is told to end has the agent on again, and says what it has", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      const cluster = obeying(pod);
      const ending: Cluster = {
        onSaid: async (line, node) => {
          await cluster.onSaid(line, node);
          // In the turn that has it on: as a kubelet ends a pod.
          if (line.tare === "seen" && line.state === "on") node.kill("SIGTERM");
        },
      };
      const done = await bench(pod, ending, [...SMALL, "--within", "30s"]);
      expect(done.code).toBe(130);
      expect(states(done).at(-1)).toBe("seen on");
      expect(pod.isOn).toBe(true);
      expect(done.said.at(-1)).toMatchObject({
        tare: "done",
        exitCode: 130,
        blocks: 0,
        said: expect.stringContaining("SIGTERM") as string,
      });
      expect((await arrived("interrupted", done)).problems).toEqual([]);
    } finally {
      await pod.stop();
    }
  });

  test("whose agent is not off in time measures nothing, and says what is still there", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      const done = await bench(pod, { onSaid: () => undefined }, [...SMALL, "--within", "3s"]);
      expect(done.code).toBe(4);
      expect(done.record).toEqual([]);
      expect(states(done)).toEqual(["want off", "want on", "seen on"]);
      expect(done.said.at(-1)).toMatchObject({
        tare: "done",
        exitCode: 4,
        said: expect.stringMatching(
          /agents\/edr was not off within 3 s; on this node: 2 processes of the pod edr-/,
        ) as string,
      });
    } finally {
      await pod.stop();
    }
  });

  test("whose agent does not come back for its turn ends there, named, and asks for it to the last", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      let wanted = 0;
      const late: Cluster = {
        onSaid: async (line) => {
          if (line.tare !== "want") return;
          if (line.state === "off") await pod.stop();
          else if ((wanted += 1) > 1) pod.start();
        },
      };
      const done = await bench(pod, late, [...SMALL, "--within", "3s"]);
      expect(done.code).toBe(4);
      expect(states(done)).toEqual(["want off", "seen off", "want on", "want on", "seen on"]);
      expect(pod.isOn).toBe(true);
      const { lines, problems } = await arrived("late", done);
      expect(problems).toEqual([]);
      const turn = lines.filter(isTurn).find(({ agent }) => agent === "edr@attached");
      expect(turn?.outcome).toMatchObject({
        kind: "failed",
        stage: "start",
        message: expect.stringContaining("was not on within 3 s") as string,
      });
      expect(lines.some(({ type }) => type === "end")).toBe(false);
    } finally {
      await pod.stop();
    }
  });

  test("of an agent that is not here says so before anything is changed", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    const done = await bench(pod, { onSaid: () => undefined }, SMALL);
    expect(done.code).toBe(3);
    expect(done.said.map(({ tare }) => tare)).toEqual(["preflight", "done"]);
    expect(done.said[0]).toMatchObject({
      lacking: [
        { what: expect.stringContaining("no pod of the DaemonSet agents/edr runs on this node") as string },
      ],
    });
    expect(done.stderr).toContain("no pod of the DaemonSet agents/edr");
  });

  test("as it is refuses what needs a node without the agent", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      await expect.poll(() => pod.pids().length).toBe(2);
      const done = await bench(pod, { onSaid: () => undefined }, ["--as-is", "--scenarios", "process-exec"]);
      expect(done.code).toBe(2);
      expect(done.said.at(-1)).toMatchObject({
        tare: "done",
        said: expect.stringContaining(
          "process-exec needs a node without daemonset:agents/edr, which is never stopped",
        ) as string,
      });
      expect(pod.isOn).toBe(true);
    } finally {
      await pod.stop();
    }
  });

  test("as it is stops nothing, and tells load and losses of what runs", async (context) => {
    context.skip(reason !== undefined, reason);
    const pod = pretended();
    pod.start();
    try {
      await expect.poll(() => pod.pids().length).toBe(2);
      const before = pod.pids();
      const done = await bench(pod, { onSaid: () => undefined }, [
        "--as-is",
        "--scenarios",
        "burst-exec,at-rest",
        "--watch",
        "3s",
        "--blocks",
        "1",
      ]);
      expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
      expect(states(done)).toEqual([]);
      expect(pod.pids()).toEqual(before);
      const { lines, problems, header } = await arrived("as-is", done);
      expect(problems).toEqual([]);
      expect(header.plan).toMatchObject({ asIs: true, blocks: [] });
      const load = lines.find((line) => line.type === "load");
      expect(load?.outcome).toMatchObject({
        kind: "measured",
        settings: { startedBy: expect.stringContaining("as it is") as string },
      });
      const watches = lines.flatMap((line) => (line.type === "watch" ? [line] : []));
      expect(watches.map(({ agent }) => agent)).toEqual(["edr@attached"]);
      expect(watches[0]?.outcome).toMatchObject({ kind: "measured", agentNs: { kind: "value" } });
    } finally {
      await pod.stop();
    }
  });
});
