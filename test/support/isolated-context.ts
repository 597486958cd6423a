/** The context of an agent that runs in namespaces of the run's own, on a node made of data. */
import type { AgentContext } from "../../src/domain/agent.ts";
import type { FakeHost } from "./fake-host.ts";
import { WORKLOADS } from "./workloads.ts";

/** What a command inside starts with. */
const ENTERED = ["nsenter", "--target=7", "--mount", "--"] as const;

export const isolatedContext = (host: FakeHost, more: Partial<AgentContext> = {}): AgentContext => {
  const effects = host.effects.scope("turn");
  const inside: AgentContext["inside"] = (command) => [...ENTERED, ...command];
  return {
    directory: "/turn",
    families: ["exec", "file", "network"],
    workloads: WORKLOADS,
    watchedDirectory: "/watched",
    buffers: "usual",
    effects,
    inside,
    launch: (spec, stop) => effects.start(spec, stop),
    signal: new AbortController().signal,
    ...more,
  };
};
