/** What agents did in guests of Debian's releases, as docs/agents/in-guests.json keeps it: both generated tables of it are made of that. */
import * as z from "zod";
import type { Agent } from "../../domain/agent.ts";
import type { From } from "../../domain/schema.ts";
import type { AgentsOutcome, TestOutcome } from "./outcome.ts";

const State = z.enum(["passed", "failed", "skipped"]);

const InGuest = z.strictObject({
  /** An agent's id, or a service or container. */
  name: z.string(),
  /** Debian's, by name with their versions. */
  packages: z.record(z.string(), z.string()),
  state: State,
  /** The first line of why it failed or was skipped. */
  why: z.string(),
  /** "exec: delivered 200 of 200, declared lost 0", one for each family. */
  figures: z.array(z.string()),
  date: z.iso.date(),
});
export type InGuest = From<typeof InGuest>;

export const AgentsInGuests = z.array(
  z.strictObject({
    release: z.string(),
    architecture: z.string(),
    kernel: z.string(),
    qemu: z.string(),
    securityModules: z.string(),
    /** What was said of sysdig's kernel module; null where its source is not in the release. */
    module: z.string().nullable(),
    agents: z.array(InGuest),
    units: z.array(InGuest),
  }),
);
export type AgentsInGuests = From<typeof AgentsInGuests>;

/** `acct on this node` -> `acct` */
const idOf = (test: TestOutcome): string => (test.name[0] ?? "").replace(/ on this node$/, "");

/** `acct, exec: delivered 200 of 200, ...` -> `exec: delivered 200 of 200, ...` */
const figuresOf = (test: TestOutcome): readonly string[] =>
  test.said.map((line) => line.replace(`${idOf(test)}, `, "").replace(`${idOf(test)}@attached, `, ""));

const kept = (test: TestOutcome, name: string, packages: Readonly<Record<string, string>>): InGuest => ({
  name,
  packages,
  state: test.state,
  why: test.state === "passed" ? "" : (test.why.split("\n")[0] ?? ""),
  figures: figuresOf(test),
  date: test.date,
});

/** Those agents alone that Debian packages. */
export const agentsInGuests = (
  outcomes: readonly AgentsOutcome[],
  agents: ReadonlyMap<string, Agent>,
): AgentsInGuests =>
  outcomes.map((outcome) => {
    const packagesOf = (id: string): Readonly<Record<string, string>> =>
      Object.fromEntries(
        (agents.get(id)?.packages ?? []).flatMap((name) => {
          const version = outcome.packages[name];
          return version === undefined ? [] : [[name, version] as const];
        }),
      );
    return {
      release: outcome.release,
      architecture: outcome.arch,
      kernel: outcome.kernelRelease,
      qemu: outcome.qemu,
      securityModules: outcome.securityModules,
      module: outcome.module,
      agents: outcome.agents
        .map((test) => kept(test, idOf(test), packagesOf(idOf(test))))
        .filter(({ packages }) => Object.keys(packages).length > 0),
      units: outcome.units.map((test) => kept(test, test.name.join(" "), {})),
    };
  });
