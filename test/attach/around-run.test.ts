/** A service in its owner's hands, on a node made of data: it is stopped for a run, and put back however that ends. */
import { describe, expect, test } from "vitest";
import { findAttached, withAttached } from "../../src/session/attached.ts";
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
  TAKE_AWAY,
  turnContext,
} from "./fake-unit.ts";

describe("around a run", () => {
  const around = async (
    state: Node,
    work: (host: FakeHost) => Promise<void> = () => Promise.resolve(),
    options: FakeHostOptions = {},
    signal = new AbortController().signal,
  ): Promise<{ readonly host: FakeHost; readonly left: readonly string[]; readonly failure: unknown }> => {
    const host = hostOf(state, options);
    const context = contextOf(host);
    const found = await findAttached(context, ["auditd"], AGENTS);
    let failure: unknown;
    try {
      await withAttached(context, found, signal, () => work(host));
    } catch (error) {
      failure = error;
    }
    return { host, left: context.left, failure };
  };

  test("it is stopped with what it left in force, and comes back in the opposite order, rules word by word", async () => {
    const state = node();
    const { host, left, failure } = await around(state, (during) => {
      expect(state).toMatchObject({ active: "inactive", rules: [] });
      during.done.push("acted the run");
      return Promise.resolve();
    });
    expect(failure).toBeUndefined();
    expect(doings(host)).toEqual([
      ...TAKE_AWAY,
      "auditctl -l",
      "systemctl stop auditd.service",
      "the run",
      "systemctl reset-failed auditd.service",
      "systemctl start auditd.service",
      DELETE,
      ...ADD,
    ]);
    expect(state).toMatchObject({ active: "active", rules: RULES });
    expect(left).toEqual([]);
  });

  test("with a rule that could not be put back it is refused before anything is done", async () => {
    const state = node({ rules: [...node().rules, " -p x-w /opt/acme -k acme"] });
    const host = hostOf(state);
    await expect(findAttached(contextOf(host), ["auditd"], AGENTS)).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringContaining('" -p x-w /opt/acme -k acme"') as string,
    });
    expect(doings(host)).toEqual([]);
  });

  test("with rules that cannot be listed it is refused, as if it had some", async () => {
    const answer: FakeHostOptions["answer"] = (command, args) =>
      args[0] === "-l" ? { exitCode: 1, stderr: "Operation not permitted" } : act(node(), [command, ...args]);
    const host = hostOf(node(), { answer });
    await expect(findAttached(contextOf(host), ["auditd"], AGENTS)).rejects.toThrow(
      "auditctl -l: Operation not permitted",
    );
    expect(doings(host)).toEqual([]);
  });

  test("a rule that the kernel does not find as it was listed costs the owner none of the others", async () => {
    const state = node({ fails: (command) => command === TAKE_AWAY[1] });
    const { failure } = await around(state);
    expect(failure).toMatchObject({ kind: "run-failed" });
    expect(state).toMatchObject({ active: "active", rules: RULES });
  });

  test("one that did not run is not started", async () => {
    const state = node({ active: "inactive", rules: [] });
    const { host, failure } = await around(state);
    expect(failure).toBeUndefined();
    expect(doings(host)).toEqual([]);
    expect(state.active).toBe("inactive");
  });

  test("it is put back when the run fails, and the run's own error is told", async () => {
    const state = node();
    const { failure } = await around(state, () => Promise.reject(new Error("no room on the disk")));
    expect(failure).toMatchObject({ message: "no room on the disk" });
    expect(state).toMatchObject({ active: "active", rules: RULES });
  });

  test("it is put back when it cannot even be stopped", async () => {
    const state = node({ fails: (command) => command.startsWith("systemctl stop") });
    const { failure } = await around(state);
    expect(failure).toMatchObject({
      message: expect.stringContaining("systemctl stop auditd.service: refused") as string,
    });
    expect(state).toMatchObject({ active: "active", rules: RULES });
  });

  test("as it is it is neither stopped nor started, and none of its rules is taken away", async () => {
    const state = node();
    const host = hostOf(state);
    const context = contextOf(host);
    const found = await findAttached(context, ["auditd"], AGENTS, { asIs: true });
    const [{ agent } = { agent: undefined }] = found;
    expect(agent?.untouched).toBe(true);
    await withAttached(context, found, new AbortController().signal, async () => {
      const scope = host.effects.scope("turn");
      const running = await agent?.start(host, turnContext(scope));
      expect(running?.settings["startedBy"]).toContain("measured as it is");
      expect(await scope.undo()).toEqual([]);
    });
    expect(doings(host)).toEqual([]);
    expect(state).toMatchObject({ active: "active", rules: RULES });
  });

  test("as it is it must run", async () => {
    const found = findAttached(contextOf(hostOf(node({ active: "inactive" }))), ["auditd"], AGENTS, {
      asIs: true,
    });
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: "--attach auditd --as-is: it is inactive",
    });
  });

  test("when it does not come up again the run fails, loudly, although its record is whole", async () => {
    const state = node({ fails: (command) => command.startsWith("systemctl start") });
    const { failure } = await around(state);
    expect(failure).toMatchObject({
      kind: "run-failed",
      message: expect.stringContaining("the unit auditd.service is inactive, was active") as string,
      hint: expect.stringContaining("tare report") as string,
    });
  });

  test("when it is enabled otherwise than before, that is told as well", async () => {
    const state = node();
    const { failure } = await around(state, () => {
      state.properties["UnitFileState"] = "disabled";
      return Promise.resolve();
    });
    expect(failure).toMatchObject({
      message: expect.stringContaining("enablement is disabled, was enabled") as string,
    });
  });

  test("an interruption before the run has begun puts it back and starts no run", async () => {
    const state = node();
    let ran = false;
    const interruption = new AbortController();
    const { failure } = await around(
      state,
      () => {
        ran = true;
        return Promise.resolve();
      },
      {
        onSleep: (_, host) => {
          if (host.done.length > 0 && state.active === "inactive") interruption.abort("interrupted");
        },
      },
      interruption.signal,
    );
    expect(failure).toBe("interrupted");
    expect(ran).toBe(false);
    expect(state).toMatchObject({ active: "active", rules: RULES });
  });
});
