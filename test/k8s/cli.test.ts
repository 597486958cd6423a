/** `tare k8s` as it is typed, against a small cluster behind a real HTTP server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BenchFile } from "../../src/domain/bench-file.ts";
import { writeNodeLine } from "../../src/k8s/node/lines.ts";
import { readRecord } from "../../src/record/reader.ts";
import { tareBeside } from "../support/tare-beside.ts";
import type { Ended } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { kubeconfigFor } from "./server/api-server.ts";
import { AGENT, logOf, recordOf, type SmallCluster, startSmallCluster } from "./server/small-cluster.ts";

const folder = temporaryFolder();
let cluster: SmallCluster;
let kubeconfig: string;
let out: string;
let count = 0;

beforeEach(async () => {
  cluster = await startSmallCluster(["node-a", "node-b"]);
  count += 1;
  out = join(folder, `test-${count}`);
  mkdirSync(out);
  kubeconfig = join(out, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigFor(cluster.api.url));
});
afterEach(async () => {
  await cluster.api.close();
});

const tare = (...args: readonly string[]): Promise<Ended> =>
  tareBeside(["k8s", ...args, "--kubeconfig", kubeconfig]).ended;

const run = (...args: readonly string[]): Promise<Ended> =>
  tare(
    "run",
    "--image",
    "tare:1",
    "--nodes",
    "2",
    "--profile",
    "smoke",
    "--out",
    join(out, "records"),
    "--report",
    join(out, "page.html"),
    ...args,
  );

const benches = (): readonly string[] => [
  ...new Set(cluster.api.all("jobs").map(({ metadata }) => metadata.labels?.["tare.dev/bench"] ?? "")),
];

test("a plan names the nodes, and why others are not benched, and makes nothing", async () => {
  cluster.api.put("nodes", {
    metadata: { name: "fargate-1", labels: { "eks.amazonaws.com/compute-type": "fargate" } },
    status: { nodeInfo: { architecture: "amd64" } },
  });
  const ended = await tare("plan", "--agent", AGENT, "--nodes", "5", "--seed", "7");
  expect(ended.stderr).toContain("with --image the server is asked too");
  expect(ended.stdout).toMatch(/instance type {2}architecture {2}kernel .* nodes {2}fit {2}drawn/);
  expect(ended.stdout).toMatch(/m7g\.xlarge .*arm64 .*2 {4}2 {6}2/);
  expect(ended.stdout).toContain("benched: node-a, node-b");
  expect(ended.stdout).toMatch(/not benched: 1 of 3\n {2}fargate-1\n {4}no node of its own/);
  expect(ended.stdout).toMatch(/a rollout of\s+it with maxUnavailable 1 stands still/);
  expect(ended.status).toBe(0);
  expect(cluster.api.all("jobs")).toEqual([]);
  expect(Math.max(...ended.stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
});

test("a folder of the node is in the plan, and mounted read-only in its pod", async () => {
  const path = "/var/run/cilium/tetragon";
  const planned = await tare("plan", "--agent", AGENT, "--node-folder", path);
  expect(planned.stdout).toContain(`reads  ${path} of each node, and changes nothing there`);
  await run("--agents", "sensor", "--node-folder", path);
  const jobs = JSON.stringify(cluster.api.all("jobs"));
  expect(jobs).toMatch(/"mountPath":"\/var\/run\/cilium\/tetragon","name":"[^"]+","readOnly":true/);
  expect(jobs).toContain(`"hostPath":{"path":"${path}"}`);
});

test("a plan as JSON tells kinds, nodes and reasons with their words", async () => {
  cluster.api.put("nodes", { ...cluster.api.all("nodes")[0], metadata: { name: "bare", labels: {} } });
  const ended = await tare("plan", "--agent", AGENT, "--json", "--image", "tare:1");
  const told = JSON.parse(ended.stdout) as {
    nodes: { name: string; isChosen: boolean; refusals: { kind: string; reason: string; hint: string }[] }[];
    plan: { agents: string[]; nodes: { name: string }[] };
  };
  const bare = told.nodes.find(({ name }) => name === "bare");
  expect(bare?.refusals.map(({ kind }) => kind)).toEqual(["no-hostname-label", "no-agent-pod"]);
  expect(told.plan.agents).toEqual([AGENT]);
  expect(told.plan.nodes).toHaveLength(1);
});

test.each([
  [
    ["plan", "--context", "there", "--agents", "sensor"],
    2,
    /--context there: no such context\n.*there are: here/,
  ],
  [["plan"], 2, /nothing to measure: neither --agent nor --agents/],
  [
    ["plan", "--agent", "tetragon"],
    2,
    /--agent tetragon: not the name of a DaemonSet\n.*daemonset:kube-system\/tetragon/,
  ],
  [
    ["plan", "--agent", "daemonset:kube-system/tetragn"],
    2,
    /no such DaemonSet\n.*did you mean daemonset:kube-system\/tetragon\?/,
  ],
  [["plan", "--agents", "sensr"], 2, /unknown agent "sensr"/],
  [["plan", "--agents", "sensor", "-l", "pool=none"], 2, /--selector pool=none: no node has that/],
  [["plan", "--agents", "sensor", "--namespace", "Tare"], 2, /--namespace Tare: not the name of a namespace/],
  [["plan", "--agents", "sensor", "--memory", "lots"], 2, /--memory lots: not an amount/],
  [["plan", "--agent", AGENT, "--hold", "1h"], 2, /--hold 1h: must be between 30 s and 900 s/],
  [["plan", "--agent", AGENT, "--node-folder", "var/run"], 2, /--node-folder var\/run: not an absolute path/],
  [["plan", "--agent", AGENT, "--node-folder", "/"], 2, /the whole node is more than an agent writes to/],
  [["plan", "--as-is", "--agents", "sensor"], 2, /--as-is measures what runs/],
  [
    ["plan", "--as-is", "--agent", AGENT],
    2,
    /--as-is: a cost needs a node without daemonset:kube-system\/tetragon, which is never stopped\n.*--profile load/,
  ],
  [
    ["plan", "--as-is", "--agent", AGENT, "--scenarios", "process-exec"],
    2,
    /--as-is: process-exec needs a node without daemonset:kube-system\/tetragon/,
  ],
  [["plan", "--agent", AGENT, "--scenarios", "knee-exex"], 2, /unknown scenario "knee-exex"\n.*"knee-exec"/],
  [["run", "--agents", "sensor"], 2, /--image is missing: no image of tare is published/],
  [
    ["run", "--agent", AGENT, "--image", "i", "--detach", "--conductor", "local"],
    2,
    /nobody would give the agents back/,
  ],
  [["collect", "none"], 2, /no bench none in this cluster/],
  [["status", "none"], 2, /no bench none/],
  [["stop", "none"], 2, /no bench none/],
  [["clean", "none"], 2, /no bench none/],
])("tare k8s %j ends with %i and says what is wrong", async (args, status, expected) => {
  const ended = await tare(...args);
  expect(ended.stderr).toMatch(expected);
  expect(ended.stdout).toBe("");
  expect(ended.status).toBe(status);
  expect(cluster.api.all("jobs")).toEqual([]);
});

test("without rights it is said which verb on what, and nothing is made", async () => {
  cluster.api.forbidden.add("list nodes");
  cluster.api.forbidden.add("list pods");
  const blind = await tare("plan", "--agents", "sensor");
  expect(blind.stderr).toMatch(/you may not list nodes, nor list pods in all namespaces/);
  expect(blind.status).toBe(3);
  cluster.api.forbidden.clear();
  cluster.api.forbidden.add("create jobs.batch tare");
  const lame = await run("--agents", "sensor");
  expect(lame.stdout).toMatch(
    /you may not:\n {2}create jobs\.batch in namespace tare: for the Jobs on the nodes/,
  );
  expect(lame.status).toBe(3);
  expect(cluster.api.all("jobs")).toEqual([]);
});

test("what the conductor may not do is said before anything is made, verb by verb, with what to do", async () => {
  cluster.api.forbiddenToAccounts.add("delete pods kube-system");
  cluster.api.forbiddenToAccounts.add("list pods ");
  const ended = await run("--agent", AGENT);
  expect(ended.stdout).toMatch(
    /the conductor \(service account tare-conductor in tare-control\) may not:\n {2}delete pods in namespace kube-system: turns the agent off/,
  );
  expect(ended.stdout).toMatch(/\n {2}list pods in all namespaces: counts what is free/);
  expect(ended.stdout.replaceAll(/\s+/g, " ")).toContain(
    `hint: tare k8s manifests --agent ${AGENT} | kubectl apply -f -`,
  );
  expect(ended.status).toBe(3);
  expect(cluster.api.all("jobs")).toEqual([]);
  // A conductor of one's own has one's own rights.
  const local = await tare("plan", "--agent", AGENT, "--conductor", "local");
  expect(local.stdout).not.toContain("may not");
  expect(local.status).toBe(0);
});

test("a conductor that may not watch is told of, and refused nothing", async () => {
  cluster.api.forbiddenToAccounts.add("watch pods tare");
  cluster.api.forbiddenToAccounts.add("watch leases.coordination.k8s.io tare-control");
  const ended = await tare("plan", "--agent", AGENT);
  const words = ended.stdout.replaceAll(/\s+/g, " ");
  expect(words).toContain("the conductor may not watch, and asks every second instead.");
  expect(words).toContain(`mended by tare k8s manifests --agent ${AGENT} | kubectl apply -f -`);
  expect(ended.stdout).toMatch(/\n {2}watch pods in namespace tare: /);
  expect(ended.stdout).toMatch(/\n {2}watch leases\.coordination\.k8s\.io in namespace tare-control: /);
  expect(ended.stdout).not.toContain("may not:");
  expect(ended.status).toBe(0);
});

test("what nobody may ask of the conductor's rights is said to be open, by namespace as far as it goes", async () => {
  cluster.api.forbidden.add("create subjectaccessreviews.authorization.k8s.io");
  cluster.api.forbidden.add("create localsubjectaccessreviews.authorization.k8s.io kube-system");
  cluster.api.forbiddenToAccounts.add("update leases.coordination.k8s.io tare-control");
  const ended = await tare("plan", "--agent", AGENT, "--json");
  const { conductor } = JSON.parse(ended.stdout) as {
    conductor: Record<"missingRights" | "notChecked", { right: string }[]>;
  };
  expect(conductor.missingRights.map(({ right }) => right)).toEqual([
    "update leases.coordination.k8s.io in namespace tare-control",
  ]);
  expect(conductor.notChecked.map(({ right }) => right)).toEqual(
    expect.arrayContaining(["get nodes", "delete pods in namespace kube-system"]),
  );
  expect(ended.status).toBe(3);
  cluster.api.forbiddenToAccounts.clear();
  const open = await tare("plan", "--agent", AGENT);
  expect(open.stdout.replaceAll(/\s+/g, " ")).toContain(
    "not checked: what the conductor may do, for you may not create subjectaccessreviews.authorization.k8s.io",
  );
  expect(open.status).toBe(0);
});

test("what the server says to a request is told with what helps", async () => {
  cluster.api.fault = ({ path }) =>
    path.endsWith("/nodes")
      ? {
          status: 403,
          reason: "Forbidden",
          message:
            'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
        }
      : undefined;
  const ended = await tare("plan", "--agents", "sensor");
  expect(ended.stderr).toMatch(/User "jane" cannot list resource "nodes"/);
  expect(ended.stderr).toMatch(/kubectl auth can-i list nodes -A/);
  expect(ended.status).toBe(3);
});

test("a namespace that admits no such pod is told with the server's own words", async () => {
  cluster.api.fault = ({ method, path, query }) =>
    method === "POST" && path.endsWith("/tare/pods") && query.get("dryRun") === "All"
      ? { status: 403, reason: "Forbidden", message: 'violates PodSecurity "baseline:latest": hostPID' }
      : undefined;
  const ended = await run("--agents", "sensor", "--dry-run");
  expect(ended.stdout).toMatch(/the server refuses a node pod: violates PodSecurity "baseline:latest"/);
  expect(ended.stdout).toMatch(/enforce=privileged/);
  expect(ended.status).toBe(3);
});

test("agents of the image are measured, records come word for word, the page is made", async () => {
  const ended = await run("--agents", "sensor");
  expect(ended.stderr).toMatch(/bench \S+ begins/);
  expect(ended.stdout).toMatch(/node-a {2}measured, \d+ blocks/);
  expect(ended.stdout).toMatch(/node-b {2}measured, \d+ blocks/);
  for (const node of ["node-a", "node-b"]) {
    const kept = join(out, "records", node);
    expect(readFileSync(join(kept, "record.jsonl"), "utf8")).toBe(`${recordOf(node).join("\n")}\n`);
    expect(readFileSync(join(kept, "pod.log"), "utf8")).toContain("tare: measuring");
    expect(existsSync(join(kept, "summary.json"))).toBe(true);
  }
  expect(readFileSync(join(out, "page.html"), "utf8")).toContain("<html");
  expect(ended.status).toBe(0);
  // Nothing was to be stopped: there is nobody who could.
  expect(cluster.api.all("jobs").map(({ metadata }) => metadata.namespace)).toEqual(["tare", "tare"]);
  const [job] = cluster.api.all("jobs");
  expect(JSON.stringify(job)).toContain('"--agents","sensor"');
  expect(JSON.stringify(job)).toContain("m7g.xlarge");
});

test("nodes that were not measured are on the page with why, and a report made by hand has them too", async () => {
  for (const [name, more] of [
    ["cordoned-1", { spec: { unschedulable: true } }],
    ["old-1", { architecture: "s390x" }],
  ] as const) {
    const [node] = cluster.api.all("nodes");
    const info = node?.status?.["nodeInfo"] ?? {};
    cluster.api.put("nodes", {
      metadata: { name, labels: { ...node?.metadata.labels, "kubernetes.io/hostname": name } },
      spec: {},
      ...more,
      status: { ...node?.status, nodeInfo: { ...info, ...("architecture" in more ? more : {}) } },
    });
  }
  const ended = await run("--agents", "sensor");
  expect(ended.status).toBe(0);
  const file = JSON.parse(readFileSync(join(out, "records/bench.json"), "utf8")) as BenchFile;
  expect(file.drawn.map(({ node }) => node)).toEqual(["node-a", "node-b"]);
  expect(file.leftOut.map(({ nodes }) => nodes)).toEqual([["cordoned-1"], ["old-1"]]);
  const told = (text: string): void => {
    expect(text).toContain("the node is cordoned");
    expect(text).toContain("architecture s390x: tare knows amd64 and arm64");
  };
  told(readFileSync(join(out, "page.html"), "utf8"));
  // As a shell spells out results/BENCH/*.
  const paths = readdirSync(join(out, "records")).map((name) => join(out, "records", name));
  const again = await tareBeside(["report", ...paths, "--out", join(out, "again.html")]).ended;
  expect(again.stderr).not.toMatch(/warning|error/);
  told(readFileSync(join(out, "again.html"), "utf8"));
  // Who collects elsewhere has them from the cluster.
  const [bench = ""] = benches();
  const elsewhere = join(out, "elsewhere");
  await tare("collect", bench, "--out", elsewhere, "--report", join(out, "elsewhere.html"));
  expect(JSON.parse(readFileSync(join(elsewhere, "bench.json"), "utf8"))).toEqual(file);
  told(readFileSync(join(out, "elsewhere.html"), "utf8"));
});

test("a token that runs out during a bench ends who watches it, with what to do, and not the bench", async () => {
  let hasRunOut = false;
  cluster.api.fault = ({ path }) => {
    hasRunOut ||= path.endsWith("/log");
    return hasRunOut ? { status: 401, reason: "Unauthorized", message: "Unauthorized" } : undefined;
  };
  const ended = await run("--agents", "sensor");
  expect(ended.stderr).toMatch(/does not accept these credentials; bench \S+ goes on in the cluster/);
  expect(ended.stderr.replaceAll(/\s+/g, " ")).toMatch(/log in again: `tare k8s collect \S+` gathers/);
  expect(ended.status).toBe(3);
  expect(cluster.api.all("jobs")).toHaveLength(2);
});

test("who may not watch is told so once for each namespace, and asks", async () => {
  cluster.api.fault = ({ query }) =>
    query.get("watch") === "true"
      ? { status: 403, reason: "Forbidden", message: 'User "jane" cannot watch resource "pods"' }
      : undefined;
  const ended = await run("--agents", "sensor");
  expect(ended.stderr.match(/cannot be watched, and are asked for every 2 s/g)).toHaveLength(2);
  expect(ended.status).toBe(0);
});

test("a connection that breaks in the middle of a line costs nothing", async () => {
  let cuts = 0;
  cluster.api.fault = ({ path }) => {
    if (!path.endsWith("/log") || cuts > 3) return undefined;
    cuts += 1;
    return { cutAfter: cuts * 2500 };
  };
  const ended = await run("--agents", "sensor");
  expect(cuts).toBe(4);
  expect(ended.status).toBe(0);
  expect((await readRecord(join(out, "records/node-a/record.jsonl"))).problems).toEqual([]);
});

test("lines that a node's log no longer has are named, and the rest is kept", async () => {
  cluster.run = (node, pod) => {
    cluster.api.say("tare", pod, ...logOf(node));
    if (node === "node-a") cluster.api.log("tare", pod).from = 3;
    cluster.finish(pod);
  };
  const ended = await run("--agents", "sensor");
  expect(ended.stderr).toMatch(
    /node-a: lines 1 to 2 of its record are gone; the node's log keeps only its newest file/,
  );
  expect(ended.stdout).toMatch(/node-b {2}measured/);
  expect(ended.status).toBe(4);
});

test("an image that cannot be pulled is told while it is waited for", async () => {
  cluster.run = (node, pod) => {
    const found = cluster.api.all("pods").find(({ metadata }) => metadata.name === pod);
    if (found === undefined) throw new Error(`no pod ${pod}`);
    const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "tare:1"' };
    cluster.api.put("pods", {
      ...found,
      status: { phase: "Pending", containerStatuses: [{ name: "node", state: { waiting } }] },
    });
    setTimeout(() => {
      if (node === "node-a") cluster.finish(pod, 137);
      else {
        cluster.api.put("pods", {
          ...found,
          status: { phase: "Running", containerStatuses: [{ name: "node", state: { running: {} } }] },
        });
        cluster.api.say("tare", pod, ...logOf(node));
        cluster.finish(pod);
      }
    }, 6000);
  };
  const ended = await run("--agents", "sensor");
  expect(ended.stderr).toMatch(/node-a: has not begun: ImagePullBackOff: Back-off pulling image "tare:1"/);
  expect(ended.stderr).toMatch(/--image-pull-secret/);
  expect(ended.stdout).toMatch(/node-a {2}exit code 137/);
  expect(ended.stderr).toMatch(
    /node-a: a new pod cannot go on .* --selector kubernetes\.io\/hostname=node-a/,
  );
  expect(ended.stdout).toMatch(/node-b {2}measured/);
  expect(ended.status).toBe(4);
});

test("a pod that a quota does not admit is told while it is waited for, with what to do", async () => {
  const message =
    'Error creating: pods "tare-x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1';
  const isTold = (): boolean => cluster.api.asked.some(({ path }) => path.endsWith("/tare/events"));
  cluster.refusal = (node) => (node === "node-b" && !isTold() ? message : undefined);
  const ended = await run("--agents", "sensor");
  expect(ended.stderr).toContain(`node-b: has not begun: ${message}`);
  expect(ended.stderr).toMatch(/hint: raise that quota: the pod is tried again by itself/);
  expect(ended.stderr).not.toContain("node-a: has not begun");
  expect(ended.stdout).toMatch(/node-b {2}measured/);
});

test.each([
  { of: 3, status: 3 },
  { of: 2, status: 4 },
  { of: 0, status: 4 },
])("a node pod that ends with $of and no record makes it end with $status", async ({ of, status }) => {
  cluster.run = (node, pod) => {
    if (node === "node-a") {
      const said = "no pod of the DaemonSet runs on this node";
      cluster.api.say("tare", pod, writeNodeLine({ tare: "done", exitCode: of, blocks: 0, said }));
      cluster.finish(pod, of);
      return;
    }
    cluster.api.say("tare", pod, ...logOf(node));
    cluster.finish(pod);
  };
  const ended = await run("--agents", "sensor");
  expect(ended.stdout).toMatch(/node-a {2}no pod of the DaemonSet runs on this node/);
  expect(ended.status).toBe(status);
});

test("a bench that goes on alone is looked at, collected twice, and cleaned", async () => {
  const pods: string[] = [];
  cluster.run = (node, pod) => {
    pods.push(pod);
    cluster.api.say("tare", pod, ...logOf(node).slice(0, 8));
  };
  const started = await run("--agents", "sensor", "--detach", "--json");
  const { bench } = JSON.parse(started.stdout) as { bench: string };
  expect(started.status).toBe(0);
  const listed = await tare("status");
  expect(listed.stdout).toMatch(new RegExp(`${bench} {2}goes on .*0 of 2`));
  const status = await tare("status", bench);
  expect(status.stdout).toMatch(/node-a {2}block \d+ of \d+/);

  const records = join(out, "records");
  const early = await tare("collect", bench, "--out", records, "--report", join(out, "early.html"));
  expect(early.stdout).toMatch(/node-a {2}goes on, /);
  expect(early.status).toBe(0);
  expect(readFileSync(join(records, "node-a/record.jsonl"), "utf8").trim().split("\n")).toHaveLength(7);

  const alone = await tare("clean");
  expect(alone.stderr).toContain(`left alone: ${bench} go on`);
  for (const pod of pods) {
    cluster.api.say("tare", pod, ...logOf(pod.includes("none") ? "" : nodeOfPod(pod)).slice(8));
    cluster.finish(pod);
  }
  const whole = await tare("collect", bench, "--out", records, "--report", join(out, "page.html"), "--json");
  const told = JSON.parse(whole.stdout) as {
    nodes: { said: string; collected: { lines: number } }[];
    exitCode: number;
  };
  expect(told.nodes.map(({ collected }) => collected.lines)).toEqual([
    recordOf("node-a").length,
    recordOf("node-b").length,
  ]);
  expect(told.exitCode).toBe(0);
  expect(readFileSync(join(records, "node-b/record.jsonl"), "utf8")).toBe(
    `${recordOf("node-b").join("\n")}\n`,
  );

  const cleaned = await tare("clean");
  expect(cleaned.stdout).toMatch(new RegExp(`${bench}: removed 2 Jobs; every agent is back`));
  expect(benches()).toEqual([]);
  expect((await tare("status")).stdout).toBe("no bench is in this cluster and namespace\n");
});

const nodeOfPod = (pod: string): string => {
  const found = cluster.api.all("pods").find(({ metadata }) => metadata.name === pod);
  const node = found?.spec?.["nodeName"];
  return typeof node === "string" ? node : "";
};

test("what another machine left is found by its labels: holds go, the agent comes back", async () => {
  const bench = { "app.kubernetes.io/name": "tare", "tare.dev/bench": "b0" };
  const resting = (role: string) => ({
    metadata: {
      generateName: `tare-${role}-`,
      namespace: "tare-control",
      labels: { ...bench, "tare.dev/role": role, "tare.dev/node": "node-a" },
      annotations: { "tare.dev/agent": AGENT },
    },
    spec: { nodeName: "node-a", containers: [{ name: role, image: "tare:1" }] },
    status: { phase: "Running" },
  });
  cluster.api.put("pods", resting("place"));
  cluster.api.put("pods", resting("hold"));
  const agent = cluster.api
    .all("pods")
    .find(({ spec, metadata }) => spec?.["nodeName"] === "node-a" && metadata.namespace === "kube-system");
  // Deleted while the hold stands: its successor is Pending.
  cluster.api.remove("pods", "kube-system", agent?.metadata.name ?? "");
  cluster.api.onChange({ what: "delete", resource: "pods", object: agent ?? { metadata: {} } });
  const isReady = (): boolean =>
    cluster.api
      .all("pods")
      .some(
        ({ metadata, spec, status }) =>
          metadata.namespace === "kube-system" &&
          spec?.["nodeName"] === "node-a" &&
          status?.["phase"] === "Running",
      );
  expect(isReady()).toBe(false);

  const dry = await tare("clean", "--dry-run");
  expect(dry.stdout).toBe("b0: 0 Jobs, 1 holds, 1 places, 0 Leases\n");
  expect(isReady()).toBe(false);
  const ended = await tare("clean");
  expect(ended.stdout).toMatch(/b0: removed 1 hold, 1 place; every agent is back/);
  expect(ended.status).toBe(0);
  expect(isReady()).toBe(true);
  expect(cluster.api.all("pods").filter(({ metadata }) => metadata.namespace === "tare-control")).toEqual([]);
});

test("help teaches, and names the exit codes", async () => {
  const { stdout } = await tareBeside(["k8s", "run", "--help"]).ended;
  expect(stdout).toContain("--as-is");
  expect(stdout).toMatch(/Exit codes:\n {2}0 /);
  const all = await tareBeside(["k8s", "--help"]).ended;
  for (const name of ["plan", "run", "status", "collect", "stop", "clean"])
    expect(all.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  expect(all.stdout).not.toContain("conduct ");
  expect(readdirSync(out)).toEqual(["kubeconfig"]);
});
