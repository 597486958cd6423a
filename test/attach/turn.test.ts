/** A service in its owner's hands, on a node made of data: it is started for its turn, counted, and stopped. */
import { describe, expect, test } from "vitest";
import { attachedAgent } from "../../src/agents/attached/agent.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { value } from "../../src/domain/units.ts";
import { refuseIfDead } from "../../src/run/crash.ts";
import { findAttached } from "../../src/session/attached.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import {
  act,
  ADD,
  AGENTS,
  contextOf,
  DELETE,
  doings,
  hostOf,
  node,
  type Node,
  RULES,
  turnContext,
} from "./fake-unit.ts";

describe("in a turn", () => {
  const turn = async (
    state: Node,
    options: FakeHostOptions = {},
    target = "auditd",
  ): Promise<{
    readonly host: FakeHost;
    readonly running: ReturnType<Agent["start"]>;
    readonly agent: Agent;
    readonly undo: () => Promise<unknown>;
  }> => {
    const host = hostOf(state, options);
    // Pid 100, which the unit's main process has.
    await host.start({ command: "auditd", args: [], stdout: "/o", stderr: "/e" });
    const [found] = await findAttached(contextOf(host), [target], AGENTS);
    if (found === undefined) throw new Error("nothing was found");
    const { attached, remains } = found;
    const agent = attachedAgent(attached, remains);
    Object.assign(state, { active: "inactive", rules: [] });
    const effects = host.effects.scope("turn");
    return { host, agent, running: agent.start(host, turnContext(effects)), undo: () => effects.undo() };
  };

  test("it is started by its manager, gets its rules, and goes the opposite way", async () => {
    const state = node();
    const { host, running, undo } = await turn(state);
    const started = await running;
    expect(state).toMatchObject({ active: "active", rules: RULES });
    expect(started).toMatchObject({
      controlGroup: "/system.slice/auditd.service",
      processes: [{ pid: 100 }],
    });
    await undo();
    expect(state).toMatchObject({ active: "inactive", rules: [] });
    expect(doings(host)).toEqual([
      "systemctl start auditd.service",
      DELETE,
      ...ADD,
      DELETE,
      "systemctl stop auditd.service",
    ]);
  });

  test("its output is where its owner's configuration says, and its losses are its own count", async () => {
    const { running } = await turn(node());
    const started = await running;
    expect(started.outputs).toEqual([
      {
        path: "/logs/audit.log",
        forms: {
          exec: { kind: "text" },
          file: { kind: "text" },
          network: { kind: "sockaddr", before: "saddr=" },
        },
      },
    ]);
    expect(await started.lost()).toEqual(value(7));
    expect(started.settings).toMatchObject({
      rules: RULES.join("\n"),
      configuration: "its owner's, not changed by tare",
    });
  });

  test("one that nobody knows has no output to count, and says that its losses are not known", async () => {
    const { running, agent } = await turn(node({ rules: [] }), {}, "my-sensor");
    const started = await running;
    expect(started.outputs).toEqual([]);
    expect(agent).toMatchObject({
      id: "my-sensor@attached",
      costOnly: true,
      observes: ["exec", "file", "network"],
    });
    expect(await started.lost()).toMatchObject({ kind: "missing" });
  });

  test("one that does not come up fails the turn with the end of its log, and is stopped", async () => {
    const state = node();
    const { host, running, undo } = await turn(state, {
      answer: (command, args) =>
        command === "journalctl" ? { stdout: "auditd: no space left\n" } : act(state, [command, ...args]),
      onSleep: () => {
        state.active = "failed";
      },
    });
    await expect(running).rejects.toMatchObject({
      message: expect.stringContaining("did not come up: it is failed") as string,
      hint: expect.stringContaining("no space left") as string,
    });
    await undo();
    expect(doings(host).at(-1)).toBe("systemctl stop auditd.service");
  });

  test("the end of its process is noticed, and told with what its manager keeps of it", async () => {
    const state = node();
    const { host, agent, running } = await turn(state, {
      answer: (command, args) =>
        command === "journalctl" && args.includes("_SYSTEMD_UNIT=auditd.service")
          ? { stdout: "auditd: starting\nauditd: cannot write its log\nauditd: exiting\n" }
          : act(state, [command, ...args]),
    });
    const started = await running;
    expect(started.processes[0]?.exit()).toBeUndefined();
    host.processes[0]?.end({ code: 1, signal: null });
    await expect(refuseIfDead(host, agent, started, "ready")).rejects.toMatchObject({
      message: expect.stringMatching(/ended by itself \(.*\): auditd: cannot write its log$/) as string,
      lastLines: ["auditd: starting", "auditd: cannot write its log", "auditd: exiting"],
    });
  });
});
