/**
 * A bench on a node as people have them: a real kubelet starts real containers of tare's image, and what runs, what is loaded and what is left is
 * asked of the guest's own kernel. `npm run test:k8s -- --guest` alone makes it.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { V1DaemonSet, V1Pod } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordLine } from "../../../src/domain/record.ts";
import { holdPod } from "../../../src/k8s/objects/hold.ts";
import { readRecord } from "../../../src/record/reader.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { CONTROL, install } from "../real/bench.ts";
import { ControlPlane } from "../real/control-plane.ts";
import { eventually } from "../real/eventually.ts";
import { FakeKubelet } from "../real/kubelet/kubelet.ts";
import { PATHS } from "../real/paths.ts";
import { PROGRAM } from "../real/obstacle.ts";
import { isReady } from "../real/setting.ts";
import { tareImage } from "../real/tare-image.ts";
import { stopwatch, tell } from "../real/told.ts";
import { GuestNode, MADE, REAL, START_SECONDS, TARE_IMAGE } from "./guest-node.ts";

const ROOT = join(import.meta.dirname, "../../..");
const NAMESPACE = "guard";
const AGENT = "agent";
const TARGET = `daemonset:${NAMESPACE}/${AGENT}`;
const NODE = "guest";
/** An emulated CPU beside others' work: what takes a second elsewhere takes a minute. */
const PATIENT_SECONDS = 900;
/** Of a hold that must outlast the agent's end. */
const HOLD_SECONDS = 300;
const LONG = { timeout: 3_600_000 };

const folder = temporaryFolder();
let plane: ControlPlane;
let guest: GuestNode;
let elsewhere: FakeKubelet;
/** The agent as it first ran. */
let loaded: Seen;

const say = (text: string): void => {
  for (const line of text.split("\n")) if (line !== "") process.stderr.write(`k8s: ${line}\n`);
};

/** tare's own sensor as others' agents are run: under the runtime's own profiles, with the capabilities that it takes. */
const daemonSet: V1DaemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: AGENT, namespace: NAMESPACE },
  spec: {
    selector: { matchLabels: { app: AGENT } },
    template: {
      metadata: { labels: { app: AGENT } },
      spec: {
        nodeSelector: REAL,
        tolerations: [{ operator: "Exists" }],
        terminationGracePeriodSeconds: 5,
        automountServiceAccountToken: false,
        // The kernel tells it processes by the node's numbers, and by its own it proves that it sees them.
        hostPID: true,
        containers: [
          {
            name: "sensor",
            image: TARE_IMAGE,
            imagePullPolicy: "Never",
            command: ["/opt/tare/build/bpf/tare-sensor", "--families=exec", "--output=-"],
            resources: { requests: { cpu: "50m", memory: "64Mi" } },
            securityContext: {
              runAsUser: 0,
              readOnlyRootFilesystem: true,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"], add: ["BPF", "PERFMON", "SYS_RESOURCE", "SETUID", "SETGID"] },
              seccompProfile: { type: "RuntimeDefault" },
            },
          },
        ],
      },
    },
  },
};

const describePod = ({ metadata, status }: V1Pod): string =>
  `${metadata?.name} ${status?.phase} ${JSON.stringify(status?.containerStatuses?.map(({ state }) => state) ?? status?.conditions)}`;

const agentPods = (): Promise<readonly V1Pod[]> =>
  plane.admin.list<V1Pod>(`${PATHS.pods(NAMESPACE)}?labelSelector=app%3D${AGENT}`);

const agentReady = (): Promise<V1Pod> =>
  eventually(
    "the agent Ready",
    async () => {
      const pods = await agentPods();
      const pod = pods.find(isReady);
      if (pod === undefined) throw new Error(pods.map(describePod).join(", ") || "it has no pod");
      return pod;
    },
    PATIENT_SECONDS,
  );

/** By its own words in its log: it has no probe, so that a container which runs is Ready. */
const observing = (): Promise<void> =>
  eventually(
    "the agent observing",
    async () => {
      const { metadata } = await agentReady();
      const logs = `/var/log/pods/${NAMESPACE}_${metadata?.name}_${metadata?.uid}/sensor/*.log`;
      const said = await guest.run(`tail -n 20 $(ls -t ${logs} | head -n 1)`);
      if (!said.includes('"ready":true') && !said.includes(" stdout F {")) throw new Error(said);
    },
    PATIENT_SECONDS,
  );

interface Seen {
  readonly processes: number;
  readonly programs: number;
}

const NOTHING: Seen = { processes: 0, programs: 0 };

/** As the node sees it. */
const seen = async (): Promise<Seen> => {
  const [processes, programs] = (
    await guest.run(
      "pgrep -c -x tare-sensor || true; bpftool prog show | grep -c -E '^[0-9]+: (tracing|tracepoint|raw_tracepoint|kprobe)' || true",
    )
  )
    .split("\n")
    .map(Number);
  return { processes: processes ?? -1, programs: programs ?? -1 };
};

/** Each change of what is there, told as well. */
const sightings = async (): Promise<readonly Seen[]> => {
  const all = await guest.sightings();
  for (const { seconds, ...what } of all) say(`${seconds} s: ${JSON.stringify(what)}`);
  return all;
};

/** How often all of the agent went from the node after it had been there. */
const timesGone = (all: readonly Seen[]): number => {
  let [times, isThere] = [0, false];
  for (const { processes, programs } of all) {
    if (isThere && processes === 0 && programs === 0) {
      times += 1;
      isThere = false;
    }
    if (programs > 0) isThere = true;
  }
  return times;
};

/** How often a bench asked for that, beginning with an agent that runs: turns without it in a row are one. */
const timesUnwanted = (lines: readonly RecordLine[]): number => {
  const turns = lines.flatMap((line) => (line.type === "turn" ? [line.agent] : []));
  return turns.filter((agent, turn) => agent === "baseline" && turns[turn - 1] !== "baseline").length;
};

/** Parts of a command line, without quotes. */
const tare = async (...parts: readonly string[]): Promise<string> => {
  const words = parts.join(" ").split(" ");
  const ended = await execa(process.execPath, [join(ROOT, "src/cli/main.ts"), ...words], {
    env: { KUBECONFIG: join(folder, "kubeconfig") },
    stdin: "ignore",
    stderr: ["pipe", "inherit"],
    reject: false,
  });
  expect({ exitCode: ended.exitCode, stderr: ended.stderr.slice(-3000) }).toMatchObject({ exitCode: 0 });
  return ended.stdout;
};

/** On the real node, with the agent of the DaemonSet; its record. */
const bench = async (name: string, ...flags: readonly string[]) => {
  const [out, page] = [join(folder, name), join(folder, `${name}.html`)];
  const seconds = stopwatch();
  const said = await tare(
    `k8s run --agent ${TARGET} --selector tare.test/kubelet=real`,
    `--image ${TARE_IMAGE} --image-pull-policy Never --cpu 100m --memory 256Mi`,
    ...flags,
    `--out ${out} --report ${page}`,
  );
  say(said);
  say(`${name}: from tare k8s run to its page: ${seconds()} s`);
  expect(existsSync(page)).toBe(true);
  const record = await readRecord(join(out, NODE, "record.jsonl"));
  expect(record.problems).toEqual([]);
  expect(record.header.plan.attached).toEqual([TARGET]);
  return record;
};

describe.skipIf(MADE === undefined || PROGRAM === undefined)("a bench on a real node", () => {
  const sinceNothing = stopwatch();
  beforeAll(async () => {
    if (MADE === undefined) return;
    plane = await ControlPlane.start(PROGRAM ?? "", [NODE]);
    elsewhere = await FakeKubelet.start(plane, { name: "elsewhere" }, { [TARE_IMAGE]: tareImage(plane) });
    guest = await GuestNode.start(plane, NODE, MADE, say);
    say(`the node is Ready after ${sinceNothing()} s`);
    await writeFile(join(folder, "kubeconfig"), plane.kubeconfig());
  }, START_SECONDS * 1000);
  afterAll(async () => {
    await guest?.stop();
    await elsewhere?.fail();
    await plane?.stop();
  }, 120_000);

  test("an agent of a DaemonSet loads its programs under the runtime's own profiles", LONG, async () => {
    expect(await seen()).toEqual(NOTHING);
    await install(plane, [NAMESPACE]);
    await plane.admin.create(PATHS.daemonSets(NAMESPACE), daemonSet);
    await observing();
    loaded = await seen();
    expect(loaded.processes).toBe(1);
    expect(loaded.programs).toBeGreaterThan(0);
  });

  test("a bench of it as it is takes nothing off, and tells its load and its losses", LONG, async () => {
    const pid = await guest.run("pgrep -x tare-sensor");
    const before = timesGone(await guest.sightings());
    const { lines, header } = await bench(
      "as-it-is",
      "--as-is --profile smoke --blocks 1 --scenarios burst-exec,at-rest --time-budget 30m",
    );
    expect(header.plan).toMatchObject({ asIs: true, blocks: [] });
    const outcomes = lines.flatMap((line) =>
      line.type === "load" || line.type === "watch" ? [`${line.type}: ${line.outcome.kind}`] : [],
    );
    expect(outcomes.toSorted()).toEqual(["load: measured", "watch: measured"]);
    expect(await guest.run("pgrep -x tare-sensor")).toBe(pid);
    expect(timesGone(await guest.sightings())).toBe(before);
  });

  test("a bench takes it off and on, and its page tells what it costs", LONG, async () => {
    const { lines } = await bench(
      "off-and-on",
      "--profile smoke --blocks 2 --scenarios process-exec --time-budget 30m --hold 15m",
    );
    expect(lines.at(-1)).toMatchObject({ type: "end", reason: "complete", blocks: 2 });
    const counted = lines.flatMap((line) =>
      line.type === "trial" && line.agent !== "baseline" ? [line.outcome] : [],
    );
    expect(counted).toHaveLength(2);
    for (const outcome of counted)
      expect(outcome).toMatchObject({ ledger: { kind: "counted", operations: 60, delivered: 60 } });
    await observing();
    expect(await seen()).toEqual(loaded);
    expect(timesGone(await sightings())).toBe(timesUnwanted(lines));
  });

  test("a hold ends at its deadline by the kubelet alone, with no API server there", LONG, async () => {
    const before = await agentReady();
    const made = await plane.admin.create<V1Pod>(
      PATHS.pods(CONTROL),
      holdPod({
        bench: "by-hand",
        namespace: CONTROL,
        node: NODE,
        agent: TARGET,
        image: TARE_IMAGE,
        imagePullPolicy: "Never",
        imagePullSecrets: [],
        deadlineSeconds: HOLD_SECONDS,
        agentNamespace: NAMESPACE,
        selector: { matchLabels: { app: AGENT } },
      }),
    );
    const name = made.metadata?.name ?? "";
    await eventually(
      "the hold Running",
      async () => {
        const pod = await plane.admin.get<V1Pod>(PATHS.pods(CONTROL, name));
        if (pod.status?.phase !== "Running") throw new Error(describePod(pod));
      },
      PATIENT_SECONDS,
    );
    await plane.admin.delete(PATHS.pods(NAMESPACE, before.metadata?.name), {
      preconditions: { uid: before.metadata?.uid },
    });
    await eventually(
      "the agent gone",
      async () => {
        expect(await seen()).toEqual(NOTHING);
      },
      HOLD_SECONDS,
    );
    await plane.killPart("kube-apiserver");
    // Each process of the pod, its sandbox's too, is in a control group that is named after it.
    const uid = (made.metadata?.uid ?? "").replaceAll("-", "_");
    const processes = `cat /proc/[0-9]*/cgroup 2>/dev/null | grep -c pod${uid} || true`;
    expect(await guest.run(processes)).not.toBe("0");
    await eventually(
      "the hold's processes gone",
      async () => {
        expect(await guest.run(processes)).toBe("0");
      },
      PATIENT_SECONDS,
    );
    await plane.startPart("kube-apiserver");
    const seconds = stopwatch();
    await eventually("the hold Failed", async () => {
      const pod = await plane.admin.get<V1Pod>(PATHS.pods(CONTROL, name));
      expect(pod.status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
    });
    await agentReady();
    tell({
      what: "API server away at the hold's deadline, a real kubelet",
      since: "its return",
      agentReadySeconds: seconds(),
      record: "",
    });
    await observing();
  });
});
