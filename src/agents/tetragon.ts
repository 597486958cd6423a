/**
 * Tetragon without Kubernetes, from the vendor's release, with tare's policies. Its events go to a JSON file that Tetragon writes, to a
 * client of its gRPC server that prints them or only takes them, or to nobody; and a variant has the policies of a detection team.
 *
 * Flags, counters and lines are from its source and documents.
 */
import { type AgentContext, type AgentSheet, defineVariants, type RunningAgent } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import type { Host } from "../domain/host.ts";
import type { Sink } from "../domain/sink.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { launch, type Launched, startPrinting } from "./shared/launch.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { notDenyingInGuest, startDenying } from "./shared/denials.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { firstObstacle, needsBpfLsm, withTool } from "./shared/obstacle.ts";
import { readPolicy } from "./shared/policy.ts";
import {
  EXEC_LINES,
  FORMS,
  SHEET,
  exporting,
  ownPolicies,
  probeTetragon,
  startTetragon,
  type TetragonPolicies,
  waitForPolicies,
  waitForSocket,
} from "./shared/tetragon.ts";
import {
  CURL_READER,
  curlArguments,
  EVENTS_REQUEST,
  TETRA_READER,
  tetraArguments,
} from "./shared/tetragon-clients.ts";
import { tetragonInGuest } from "./shared/tetragon-in-guest.ts";
import { EXECS, EXECVEAT } from "./shared/techniques.ts";
import { programPath } from "./shared/vendor-program.ts";

const BY_DESCRIPTOR: Claim = {
  of: [...EXECVEAT, "exec-memfd-proc"],
  claimed: "otherwise",
  why: "the file of a program that is executed by a descriptor: it tells the descriptor (/dev/fd/4)",
};

const EXEC_CLAIMS: readonly Claim[] = [
  BY_DESCRIPTOR,
  {
    of: ["exec-loader"],
    claimed: "otherwise",
    why: "the program that ld.so is started with: it is one of its arguments, as the caller has it",
  },
];

const CLAIMS: readonly Claim[] = [
  ...EXEC_CLAIMS,
  {
    of: ["open-chroot"],
    claimed: "nothing",
    why: "files that are opened in another root: its policy compares their paths from there on",
  },
  {
    of: ["connect-udp", "connect-sendto", "connect-unix"],
    claimed: "nothing",
    why: "network: TCP only",
  },
];

const HIGH_VALUE_CLAIMS: readonly Claim[] = [
  BY_DESCRIPTOR,
  {
    of: EXECS.filter((id) => id !== "exec-loader"),
    claimed: "right",
    why: "its filter asks for programs in the watched directory, by the path that they are executed with",
  },
  {
    of: ["privilege-setuid", "kernel-bpf", "namespace-setns"],
    claimed: "right",
    why: "its policy names the call",
  },
  {
    of: ["exec-loader"],
    claimed: "nothing",
    why: "what ld.so is started with: to its filter the program is the loader, which lies elsewhere",
  },
];

const OF_EXECS = ["execs that fail", "arguments of an exec beyond some kilobytes are cut"];
const NOTES = [...OF_EXECS, "files that are opened through io_uring without a descriptor"];

const EVERYTHING = {
  ...SHEET,
  observes: ["exec", "file", "network"],
  coverage: { notes: NOTES, claims: CLAIMS },
} as const;

const json: AgentSheet = {
  ...EVERYTHING,
  ...exporting("tetragon@json", "everything"),
  title: "Tetragon (JSON export)",
  inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@json", "everything"),
  sink: "json-file",
};

/** Runs without an export; what it reads it hands out to those that ask its gRPC server. */
const startServing = async (
  host: Host,
  context: AgentContext,
  id: string,
  policy: "everything" | TetragonPolicies = "everything",
): Promise<Serving> => {
  const started = await startTetragon(host, context, id, policy, "none");
  await waitForSocket(host, context, started);
  return started;
};

type Serving = Awaited<ReturnType<typeof startTetragon>>;

/** What the client does not take in time is lost in Tetragon; what Tetragon does not take is lost in the kernel. */
const servedTo = (
  { process, log, settings, lost }: Serving,
  client: Pick<Launched, "process" | "stderr">,
  outputs: RunningAgent["outputs"],
  reader: string,
): RunningAgent => ({
  processes: [process, client.process],
  consumers: [process],
  peers: [client.process],
  outputs,
  logs: [log, client.stderr],
  settings: { ...settings, drain: reader },
  lost,
});

const grpc: AgentSheet = {
  ...EVERYTHING,
  id: "tetragon@grpc",
  title: "Tetragon (gRPC, drained by tetra)",
  inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@grpc", "everything", "tetra"),
  sink: "grpc-decoded",
  probe: probeTetragon("tetragon@grpc", "tetra"),
  start: async (host, context) => {
    const serving = await startServing(host, context, "tetragon@grpc");
    const tetra = { id: "tetragon@grpc", name: "tetra", inside: ["usr/local/bin/tetra"] };
    const spec = {
      command: await programPath(host, tetra),
      args: tetraArguments(serving.socket),
    };
    const drain = await startPrinting(context, "tetra", spec, 5000, FORMS);
    return servedTo(serving, drain, drain.running.outputs, TETRA_READER);
  },
};

const COMPARED = "it is there to be compared with the others: what their export costs";

const grpcBytes: AgentSheet = {
  ...EVERYTHING,
  id: "tetragon@grpc-bytes",
  title: "Tetragon (gRPC, taken by a client that decodes nothing)",
  optIn: COMPARED,
  sink: "grpc",
  inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@grpc-bytes", "everything", "curl"),
  // Addresses have no text of fixed length before them.
  uncounted: ["network"],
  probe: async (host) => withTool(host, "curl", await probeTetragon("tetragon@grpc-bytes")(host)),
  start: async (host, context) => {
    const serving = await startServing(host, context, "tetragon@grpc-bytes");
    const request = `${context.directory}/request`;
    const path = `${context.directory}/events.pb`;
    await host.writeText(request, EVENTS_REQUEST);
    await host.writeText(path, "");
    const args = curlArguments({ socket: serving.socket, request, output: path });
    const client = await launch(context, "curl", { command: "curl", args }, 5000);
    const { exec, file } = FORMS;
    return servedTo(serving, client, [{ path, forms: { exec, file } }], CURL_READER);
  },
};

/** No sentinel can show that its policies are loaded: it is asked to say so. */
const startSilent = async (
  host: Host,
  context: AgentContext,
  id: string,
  policy?: TetragonPolicies,
): Promise<RunningAgent> => {
  const serving = await startServing(host, context, id, policy);
  await waitForPolicies(host, context, serving);
  const { process, log, settings, lost } = serving;
  return { processes: [process], outputs: [], logs: [log], settings, lost };
};

const NOTHING_DELIVERED = "it hands out nothing, so that no event of it is delivered: count tetragon@json";

const none: AgentSheet = {
  ...EVERYTHING,
  id: "tetragon@none",
  title: "Tetragon (its gRPC server without a client)",
  optIn: COMPARED,
  sink: "none",
  uncounted: EVERYTHING.observes,
  inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@none", "everything", "nobody"),
  probe: probeTetragon("tetragon@none"),
  start: (host, context) => startSilent(host, context, "tetragon@none"),
};

/** Rungs below an event. Execs are on none of them: it reads and reports those without a policy. */
const silent = (
  id: string,
  title: string,
  sink: Sink,
  policyFile?: "other-calls.yaml" | "elsewhere.yaml",
): AgentSheet => ({
  ...EVERYTHING,
  id,
  title,
  observes: ["file", "network"],
  optIn: COMPARED,
  sink,
  uncounted: ["file", "network"],
  notInGuest: NOTHING_DELIVERED,
  probe: probeTetragon(id),
  start: async (host, context) =>
    startSilent(host, context, id, {
      policies:
        policyFile === undefined
          ? []
          : [await readPolicy(host, `tetragon/${policyFile}`, {}, context.families)],
      filter: "",
    }),
});

const idle = silent("tetragon@idle", "Tetragon (without a policy)", "idle");
const loaded = silent(
  "tetragon@loaded",
  "Tetragon (a policy for a call that no workload makes)",
  "loaded",
  "other-calls.yaml",
);
const filtered = silent(
  "tetragon@filtered",
  "Tetragon (a policy for paths and addresses that no workload uses)",
  "filtered",
  "elsewhere.yaml",
);

const highValue: AgentSheet = {
  ...SHEET,
  ...exporting("tetragon@high-value", "high-value"),
  title: "Tetragon (high-value policy)",
  notInGuest: NO_HIGH_VALUE,
  observes: ["high-value"],
  coverage: {
    notes: [...NOTES, "of execs and system calls those that its policy names, and nothing else"],
    claims: HIGH_VALUE_CLAIMS,
  },
  optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
};

const changes: AgentSheet = {
  ...SHEET,
  ...exporting("tetragon@changes", "changes"),
  title: "Tetragon (changes of files)",
  notInGuest: NO_CHANGES,
  observes: CHANGE_FAMILIES,
  coverage: {
    notes: [
      "changes that are refused before its own hook, and kernels without CONFIG_SECURITY_PATH",
      "paths before the mount point, of what is renamed or deleted",
      "writes through a mapping: its policy does not name them",
    ],
  },
  optIn: CHANGES_ASKED,
};

const enforce: AgentSheet = {
  ...EVERYTHING,
  id: "tetragon@enforce",
  title: "Tetragon (JSON export), which denies as well",
  optIn: "it refuses opens and execs in a folder of tare's own",
  sink: "json-file",
  notInGuest: notDenyingInGuest("tetragon@json"),
  probe: async (host) => {
    const found = await probeTetragon("tetragon@enforce")(host);
    return found.kind === "unavailable" ? found : ((await firstObstacle(host, [needsBpfLsm])) ?? found);
  },
  start: (host, context) =>
    startDenying(host, context, "Tetragon", async (denied) => {
      const { policies, filter } = await ownPolicies(host, context, "everything");
      const denying = await readPolicy(host, "tetragon/enforce.yaml", { denied }, context.families);
      const { process, events, log, settings, lost } = await startTetragon(
        host,
        context,
        "tetragon@enforce",
        { policies: [...policies, denying], filter },
        "everything",
      );
      await waitForPolicies(host, context, { process, log });
      return {
        processes: [process],
        outputs: [{ path: events, forms: FORMS }],
        logs: [log],
        settings,
        lost,
      };
    }),
};

/** Its package brings no policy, so that it reports the beginning and the end of processes. */
const shipped: AgentSheet = {
  ...SHEET,
  id: "tetragon@shipped",
  title: "Tetragon, as its package configures it: no policy, a compressed export",
  observes: ["exec"],
  coverage: { notes: [...OF_EXECS, "files and network: it has no policy"], claims: EXEC_CLAIMS },
  optIn: "it answers another question: what its package takes before anybody gives it a policy",
  notInGuest: "its log rotates, which a guest that counts does not follow: count tetragon@json",
  probe: probeTetragon("tetragon@shipped"),
  start: async (host, context) => {
    const nothing = { policies: [], filter: "" };
    const started = await startTetragon(host, context, "tetragon@shipped", nothing, "as-shipped");
    const { process, events, log, settings, lost } = started;
    return {
      processes: [process],
      outputs: [{ path: events, forms: FORMS, lines: { exec: EXEC_LINES } }],
      logs: [log],
      settings: { ...settings, counters: "its metrics server, which its package leaves off, is on" },
      lost,
    };
  },
};

export default defineVariants({
  id: "tetragon",
  variants: [json, grpc, grpcBytes, idle, loaded, filtered, none, highValue, changes, enforce, shipped],
});
