/** A bench with an agent that is taken off its node and given back: the real CLI and the real conductor, each its own process, over HTTP. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RecordLine } from "../../src/domain/record.ts";
import { writeNodeLine } from "../../src/k8s/node/lines.ts";
import { type Beside, tareBeside } from "../support/tare-beside.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { kubeconfigFor, type Stored } from "./server/api-server.ts";
import { AGENT, logOf, recordOf, type SmallCluster, startSmallCluster } from "./server/small-cluster.ts";

const folder = temporaryFolder();
let cluster: SmallCluster;
let kubeconfig: string;
let out: string;
let count = 0;

beforeEach(async () => {
  cluster = await startSmallCluster(["node-a"]);
  count += 1;
  out = join(folder, `test-${count}`);
  mkdirSync(out);
  kubeconfig = join(out, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigFor(cluster.api.url));
});
afterEach(async () => {
  await cluster.api.close();
});

const run = (...args: readonly string[]): Beside =>
  tareBeside([
    "k8s",
    "run",
    "--agent",
    AGENT,
    "--image",
    "tare:1",
    "--profile",
    "smoke",
    "--out",
    join(out, "records"),
    "--report",
    join(out, "page.html"),
    "--kubeconfig",
    kubeconfig,
    ...args,
  ]);

const agents = (): readonly Stored[] =>
  cluster.api.all("pods").filter(({ metadata }) => metadata.namespace === "kube-system");
const isReady = (): boolean => agents().some(({ status }) => status?.["phase"] === "Running");
const inControl = (): readonly Stored[] =>
  cluster.api
    .all("pods")
    .filter(
      ({ metadata }) =>
        metadata.namespace === "tare-control" && metadata.labels?.["tare.dev/role"] !== "conductor",
    );

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(50);
};

/** As a run in the pod does: the agent off for a turn and on again, before it has anything to record. */
const measure = async (node: string, pod: string, seen: (what: string) => void): Promise<void> => {
  const say = (tare: "want" | "seen", state: "off" | "on", turn: number): void => {
    cluster.api.say(
      "tare",
      pod,
      tare === "want"
        ? writeNodeLine({ tare, agent: AGENT, state, turn, within: 60 })
        : writeNodeLine({ tare, agent: AGENT, state, turn }),
    );
  };
  say("want", "off", 1);
  await until(() => !isReady());
  seen(`off, with ${inControl().length} pods in its place`);
  say("seen", "off", 1);
  say("want", "on", 2);
  await until(isReady);
  seen("on");
  say("seen", "on", 2);
  cluster.api.say("tare", pod, ...logOf(node));
  cluster.finish(pod);
};

test.each(["local", "job"])(
  "an agent is off for its turn and back at the end, with the conductor as a %s",
  async (where) => {
    const seen: string[] = [];
    cluster.run = (node, pod) => {
      void measure(node, pod, (what) => seen.push(what));
    };
    startConductors();
    const ended = await run("--conductor", where).ended;
    expect(ended.stderr).not.toMatch(/warning|error/);
    expect(ended.stdout).toMatch(/node-a {2}measured, \d+ blocks/);
    expect(ended.status).toBe(0);
    expect(seen).toEqual(["off, with 2 pods in its place", "on"]);
    expect(readFileSync(join(out, "records/node-a/record.jsonl"), "utf8")).toBe(
      `${recordOf("node-a").join("\n")}\n`,
    );
    expect(isReady()).toBe(true);
    await expect.poll(() => inControl()).toEqual([]);
    await expect.poll(() => cluster.api.all("leases")).toEqual([]);
  },
);

/** The agent was off (wish 1) in its baselines, and on (wish 2) in all other turns. */
const underWishes = (line: RecordLine): RecordLine =>
  line.type === "turn" || line.type === "trial"
    ? {
        ...line,
        wishes: [
          line.agent === "baseline"
            ? { agent: AGENT, wish: 1, state: "off" }
            : { agent: AGENT, wish: 2, state: "on" },
        ],
      }
    : line;

test.each(["local", "job"])(
  "a hold that somebody deletes makes its turn void: its trials are in the record and in no figure, with the conductor as a %s",
  async (where) => {
    const record = recordOf("node-a", underWishes);
    cluster.run = (node, pod) => {
      const say = (state: "off" | "on", turn: number): void => {
        cluster.api.say("tare", pod, writeNodeLine({ tare: "want", agent: AGENT, state, turn, within: 60 }));
      };
      const spoil = async (): Promise<void> => {
        say("off", 1);
        await until(() => !isReady() && inControl().length === 2);
        cluster.api.say("tare", pod, writeNodeLine({ tare: "seen", agent: AGENT, state: "off", turn: 1 }));
        const hold = inControl().find(({ metadata }) => metadata.labels?.["tare.dev/role"] === "hold");
        await fetch(`${cluster.api.url}/api/v1/namespaces/tare-control/pods/${hold?.metadata.name ?? ""}`, {
          method: "DELETE",
        });
        await until(() => isReady() && inControl().length === 0);
        say("on", 2);
        cluster.api.say("tare", pod, ...logOf(node, record));
        cluster.finish(pod);
      };
      void spoil();
    };
    startConductors();
    const ended = await run("--conductor", where).ended;
    expect(ended.stderr).toMatch(/node-a: turn 1 of daemonset:kube-system\/tetragon is void: /);
    expect(ended.stdout).toMatch(/node-a {2}measured, \d+ blocks; \d+ trials void/);
    const written = readFileSync(join(out, "records/node-a/record.jsonl"), "utf8").trim().split("\n");
    expect(written.slice(0, -1)).toEqual(record);
    expect(JSON.parse(written.at(-1) ?? "")).toMatchObject({ type: "void", agent: AGENT, wish: 1 });
    // Without a baseline there is no cost; with one that was none there would be.
    const summary = readFileSync(join(out, "records/node-a/summary.json"), "utf8");
    const { estimates } = JSON.parse(summary) as { readonly estimates: readonly { metric: string }[] };
    expect(estimates.filter(({ metric }) => metric === "workload-cpu")).toEqual([]);
    const sentence = /\d+ trials while it was to be off \(wish 1\) are void and in no figure/;
    expect(summary).toContain('"what": "void"');
    expect(readFileSync(join(out, "page.html"), "utf8")).toMatch(sentence);
    const verified = await tareBeside(["verify", join(out, "records/node-a")]).ended;
    expect(verified.stdout).toContain("digests: every line is as it was written");
    expect(verified.stdout).toContain("summary.json: reproduced byte for byte");
    expect(verified.status).toBe(0);
  },
);

const startConductors = (): void => {
  const started = cluster.api.onChange;
  cluster.api.onChange = (change) => {
    started(change);
    const { object, resource, what } = change;
    const isConductor = resource === "jobs" && object.metadata.labels?.["tare.dev/role"] === "conductor";
    if (what === "create" && isConductor) void conductor(object);
  };
};

test("a bench that goes on alone is stopped: its records are kept, the agent comes back, nothing is left", async () => {
  startConductors();
  cluster.run = (node, pod) => {
    const wish = writeNodeLine({ tare: "want", agent: AGENT, state: "off", turn: 1, within: 600 });
    cluster.api.say("tare", pod, ...logOf(node).slice(0, 5), wish);
  };
  const started = await run("--detach", "--json").ended;
  const { bench } = JSON.parse(started.stdout) as { bench: string };
  await until(() => !isReady());
  const where = ["--kubeconfig", kubeconfig, "--out", join(out, "records")];
  const ended = await tareBeside(["k8s", "stop", bench, ...where]).ended;
  expect(ended.stdout).toMatch(/removed 2 Jobs.*; every agent is back/);
  expect(ended.status).toBe(0);
  expect(readFileSync(join(out, "records/node-a/record.jsonl"), "utf8").trim().split("\n")).toEqual(
    recordOf("node-a").slice(0, 4),
  );
  expect(isReady()).toBe(true);
  expect(inControl()).toEqual([]);
  expect(cluster.api.all("jobs")).toEqual([]);
  expect(cluster.api.all("leases")).toEqual([]);
});

/** Its Job's pod: the same program with the plan in its environment, and a log. */
const conductor = async (job: Stored): Promise<void> => {
  const spec = JSON.stringify(job.spec);
  const bench = job.metadata.labels?.["tare.dev/bench"] ?? "";
  const plan = /"name":"TARE_K8S_PLAN","value":("(?:[^"\\]|\\.)*")/.exec(spec)?.[1] ?? '""';
  const ended = await tareBeside(["k8s", "conduct", "--bench", bench], {
    KUBECONFIG: kubeconfig,
    TARE_K8S_PLAN: JSON.parse(plan) as string,
  }).ended;
  const pod = `${job.metadata.name ?? ""}-x`;
  cluster.api.say("tare-control", pod, ...ended.stdout.trim().split("\n"));
  cluster.api.end("tare-control", pod);
  const found = cluster.api.all("pods").find(({ metadata }) => metadata.name === pod);
  if (found !== undefined)
    cluster.api.put("pods", {
      ...found,
      status: {
        phase: "Succeeded",
        containerStatuses: [{ name: "c", state: { terminated: { exitCode: ended.status } } }],
      },
    });
  if (cluster.api.all("jobs").some(({ metadata }) => metadata.name === job.metadata.name))
    cluster.api.put("jobs", { ...job, status: { conditions: [{ type: "Complete", status: "True" }] } });
};

test("Ctrl-C with a local conductor gives the agent back, and leaves nothing in the cluster", async () => {
  cluster.run = (_node, pod) => {
    const wish = writeNodeLine({ tare: "want", agent: AGENT, state: "off", turn: 1, within: 600 });
    cluster.api.say("tare", pod, wish);
  };
  const running = run("--conductor", "local");
  await until(() => cluster.api.all("jobs").length > 0 && !isReady());
  running.signal("SIGINT");
  const ended = await running.ended;
  expect(ended.stderr).toMatch(/every agent is back/);
  expect(ended.stderr).toMatch(/interrupted by SIGINT: bench \S+ is ended/);
  expect(ended.status).toBe(130);
  expect(isReady()).toBe(true);
  expect(inControl()).toEqual([]);
  expect(cluster.api.all("jobs")).toEqual([]);
  expect(cluster.api.all("leases")).toEqual([]);
});

test("as it is: nothing is taken off, and no conductor is made", async () => {
  const before = agents();
  const ended = await run("--as-is", "--scenarios", "knee-exec,at-rest").ended;
  expect(ended.stderr).toContain("nothing is taken off any node");
  expect(ended.status).toBe(0);
  expect(agents()).toEqual(before);
  const [job, ...others] = cluster.api.all("jobs");
  expect(others).toEqual([]);
  expect(JSON.stringify(job)).toContain(`"--attach","${AGENT}","--as-is"`);
});
