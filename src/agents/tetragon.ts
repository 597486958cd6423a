/**
 * Tetragon without Kubernetes, from the vendor's release, with tare's policies. Two ways out for its events: a JSON file that
 * Tetragon writes, or a `tetra getevents` that drains its gRPC server; and a third variant with the policies of a detection team.
 *
 * Flags, counters and lines are from its source and documents.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { startPrinting } from "./shared/launch.ts";
import {
  EVENT_TYPES,
  FORMS,
  SHEET,
  exporting,
  probeTetragon,
  startTetragon,
  tetragonInGuest,
  waitForSocket,
} from "./shared/tetragon.ts";
import { programPath } from "./shared/vendor-program.ts";

const GRPC = "tetragon@grpc";

const NOTES = [
  "execs that fail",
  "files that are opened through io_uring without a descriptor",
  "network: TCP only",
  "arguments of an exec beyond some kilobytes are cut",
];

const EVERYTHING = {
  ...SHEET,
  observes: ["exec", "file", "network"],
  coverage: { notes: NOTES },
} as const;

const json: AgentSheet = {
  ...EVERYTHING,
  ...exporting("tetragon@json", "everything"),
  title: "Tetragon (JSON export)",
  inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@json", "everything"),
};

const grpc: AgentSheet = {
  ...EVERYTHING,
  id: GRPC,
  title: "Tetragon (gRPC, drained by tetra)",
  notInGuest: "it is two programs, and a guest's agent is one: count tetragon@json",
  probe: probeTetragon(GRPC, "tetra"),
  start: async (host, context) => {
    const started = await startTetragon(host, context, GRPC, "everything", false);
    await waitForSocket(host, context, started);
    const tetra = { id: GRPC, name: "tetra", inside: ["usr/local/bin/tetra"] };
    const server = ["--server-address", `unix://${started.socket}`];
    const output = ["--output", "json", "--event-types", EVENT_TYPES];
    const spec = {
      command: await programPath(host, tetra),
      args: ["getevents", ...server, ...output],
    };
    const drain = await startPrinting(context, "tetra", spec, 5000, FORMS);
    return {
      processes: [started.process, drain.process],
      // What tetra does not take in time is lost in Tetragon; what Tetragon does not take is lost in the kernel.
      consumers: [started.process],
      outputs: drain.running.outputs,
      logs: [started.log, drain.stderr],
      settings: { ...started.settings, drain: `tetra getevents --output json --event-types ${EVENT_TYPES}` },
      lost: started.lost,
    };
  },
};

const highValue: AgentSheet = {
  ...SHEET,
  ...exporting("tetragon@high-value", "high-value"),
  title: "Tetragon (high-value policy)",
  notInGuest: NO_HIGH_VALUE,
  observes: ["high-value"],
  coverage: { notes: [...NOTES, "of execs and system calls those that its policy names, and nothing else"] },
  optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
};

export default defineVariants({ id: "tetragon", variants: [json, grpc, highValue] });
