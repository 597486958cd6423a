/** Services in their owners' hands, on a node made of data: what is stopped and started in which order, and that it is put back. */
import { describe, expect, test } from "vitest";
import { attachedAgent } from "../../src/agents/attached/agent.ts";
import { ownedAgent } from "../../src/agents/attached/owned.ts";
import { differences, type ServiceState } from "../../src/agents/attached/service.ts";
import { systemdUnit } from "../../src/agents/attached/systemd-unit.ts";
import { findTarget } from "../../src/agents/attached/target.ts";
import { whereaboutsOf } from "../../src/agents/attached/whereabouts.ts";
import FALCO from "../../src/agents/falco.ts";
import type { Agent, AgentContext } from "../../src/domain/agent.ts";
import { TareError } from "../../src/domain/errors.ts";
import type { Completed, EffectScope } from "../../src/domain/host.ts";
import { value } from "../../src/domain/units.ts";
import { findAttached, withAttached } from "../../src/session/attached.ts";
import type { Session } from "../../src/session/session.ts";
import { WATCHER } from "../run/fake-run.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { fixture } from "../support/tally-fixture.ts";
import { WORKLOADS } from "../support/workloads.ts";

const AUDITD: Agent = {
  ...WATCHER,
  id: "auditd@blocking",
  units: ["auditd.service"],
};
const AGENTS = new Map([[AUDITD.id, AUDITD]]);

/** A systemd with one unit, and an audit with the rules that are in force. */
interface Node {
  active: string;
  readonly properties: Record<string, string>;
  rules: string[];
  /** Other units that are active. */
  readonly others: readonly string[];
  readonly fails?: (command: string) => boolean;
}

const node = (change: Partial<Node> = {}): Node => ({
  active: "active",
  properties: {},
  rules: ["-a always,exit -F arch=b64 -S execve -F key=owner", "-w /etc/shadow -p wa -k secret"],
  others: [],
  ...change,
});

const show = (state: Node): string =>
  Object.entries({
    Id: "auditd.service",
    LoadState: "loaded",
    ActiveState: state.active,
    MainPID: state.active === "active" ? "100" : "0",
    ControlGroup: state.active === "active" ? "/system.slice/auditd.service" : "",
    UnitFileState: "enabled",
    CanStart: "yes",
    CanStop: "yes",
    ...state.properties,
  })
    .map(([name, text]) => `${name}=${text}\n`)
    .join("");

/** As the kernel does it: the very rule or none. */
const takeAway = (state: Node, removal: string): Partial<Completed> => {
  const rule = removal.replace(/^-d/, "-a").replace(/^-W/, "-w");
  if (!state.rules.includes(rule)) return { exitCode: 1, stderr: "No such file or directory" };
  state.rules = state.rules.filter((one) => one !== rule);
  return {};
};

const act = (state: Node, command: readonly string[]): Partial<Completed> => {
  const [program, verb = ""] = command;
  if (state.fails?.(command.join(" ")) === true) return { exitCode: 1, stderr: "refused" };
  if (program === "systemctl") {
    if (verb === "show" && command[3] === "--property=Id")
      return { stdout: `Id=${state.properties["Id"] ?? command[2] ?? ""}\n` };
    if (verb === "show") return { stdout: show(state) };
    if (verb === "start") state.active = "active";
    if (verb === "stop") state.active = "inactive";
    if (verb === "is-active") {
      return {
        stdout: command
          .slice(2)
          .map((unit) => (state.others.includes(unit) ? "active" : "inactive"))
          .join("\n"),
      };
    }
  }
  if (program === "auditctl") {
    if (verb === "-l")
      return { stdout: state.rules.length === 0 ? "No rules\n" : `${state.rules.join("\n")}\n` };
    if (verb === "-s") return { stdout: "enabled 1\npid 100\nlost 7\n" };
    if (verb === "-D") state.rules = [];
    else if (verb === "-d" || verb === "-W") return takeAway(state, command.slice(1).join(" "));
    else state.rules = [...new Set([...state.rules, command.slice(1).join(" ")])];
  }
  return {};
};

/** A host whose effects really act on the node of data, in both directions. */
const hostOf = (state: Node, options: FakeHostOptions = {}): FakeHost =>
  new FakeHost({
    files: { "/etc/audit/auditd.conf": "log_file = /logs/audit.log\n" },
    answer: (command, args) => act(state, [command, ...args]),
    acts: (command) => {
      const done = act(state, command);
      if (done.exitCode === 1) throw new TareError("run-failed", `${command.join(" ")}: refused`, "");
    },
    ...options,
  });

/** A session whose problems are kept. */
const contextOf = (host: FakeHost): Pick<Session, "host" | "tell"> & { readonly left: readonly string[] } => {
  const left: string[] = [];
  return {
    host,
    left,
    tell: (event) => {
      if (event.kind === "left") left.push(event.problem);
    },
  };
};

/** What was done to the node, without what only looked. */
const doings = (host: FakeHost): readonly string[] =>
  host.done.filter((entry) => entry.startsWith("acted ")).map((entry) => entry.slice("acted ".length));

describe("a target", () => {
  const targetOf = async (target: string, host = hostOf(node())): Promise<unknown> => {
    const { service, known } = await findTarget(host, target, AGENTS);
    return [service.title, known?.id];
  };

  test.each([
    ["auditd", ["the unit auditd.service", "auditd@blocking"]],
    ["auditd.service", ["the unit auditd.service", "auditd@blocking"]],
    ["my-sensor", ["the unit my-sensor.service", undefined]],
    ["collect@edr.service", ["the unit collect@edr.service", undefined]],
    ["docker:falco", ["docker's container falco", undefined]],
    ["podman:auditd", ["podman's container auditd", "auditd@blocking"]],
    ["daemonset:kube-system/auditd", ["the DaemonSet kube-system/auditd", "auditd@blocking"]],
    ["daemonset:agents/my-edr", ["the DaemonSet agents/my-edr", undefined]],
  ])("%s is understood", async (target, found) => {
    expect(await targetOf(target)).toEqual(found);
  });

  test.each([
    ["docker:", /neither a unit nor a container/],
    ["kubectl:pod", /neither a unit nor a container/],
    ["docker:-v", /neither a unit nor a container/],
    ["--now", /neither a unit nor a container/],
    ["daemonset:tetragon", /no DaemonSet can be called that/],
    ["daemonset:kube-system/", /no DaemonSet can be called that/],
    ["a b", /neither a unit nor a container/],
  ])("%s is refused", async (target, message) => {
    await expect(targetOf(target)).rejects.toThrow(message);
  });

  test("by another name of the unit is the agent that it runs, as Falco's package calls it", async () => {
    const agents = new Map(FALCO.variants.map((agent) => [agent.id, agent]));
    const host = hostOf(node({ properties: { Id: "falco-modern-bpf.service" } }));
    const { service, known } = await findTarget(host, "falco.service", agents);
    expect([service.title, known?.id]).toEqual(["the unit falco.service", "falco@everything"]);
  });

  test("that is an agent whose unit the node lacks is refused, with what to name instead", async () => {
    const host = hostOf(node({ properties: { LoadState: "not-found" } }));
    await expect(targetOf("auditd", host)).rejects.toThrow(/none of the units of auditd is on this node/);
  });
});

describe("a service that must not be touched", () => {
  test.each([
    ["not there", { LoadState: "not-found" }, [], /has auditd\.service as "not-found"/],
    ["on its way", { ActiveState: "activating" }, [], /is activating/],
    ["not to be stopped by hand", { CanStop: "no" }, [], /does not let itself be stopped/],
    [
      "started again by a socket",
      { TriggeredBy: "auditd.socket" },
      ["auditd.socket"],
      /started again by auditd\.socket/,
    ],
    [
      "needed by another",
      { RequiredBy: "laurel.service", ConsistsOf: "x.service" },
      ["laurel.service"],
      /would also stop laurel\.service/,
    ],
  ])("because it is %s is refused before anything is done", async (_, properties, others, message) => {
    const host = hostOf(node({ properties, others }));
    const found = findAttached(contextOf(host), ["auditd.service"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
    expect(doings(host)).toEqual([]);
  });

  test("is not one whose companion stops with it and is brought back by its start; the companion is compared", async () => {
    // As the vendor's units have it: falco-modern-bpf wants falcoctl-artifact-follow, which is a part of it.
    const companion = "falcoctl-artifact-follow.service";
    const properties = { ConsistsOf: companion, Wants: `${companion} network.target` };
    const state = node({ properties, others: [companion] });
    expect(await findAttached(contextOf(hostOf(state)), ["auditd.service"], AGENTS)).toHaveLength(1);
    const unit = systemdUnit("auditd.service");
    const before = await unit.state(hostOf(state));
    expect(before).toMatchObject({
      value: { obstacle: undefined, identity: { enablement: "enabled", [companion]: "active" } },
    });
    const after = await unit.state(hostOf(node({ properties })));
    if (before.kind !== "value" || after.kind !== "value") throw new Error("no state");
    expect(differences("x", before.value, after.value)).toEqual([`x: ${companion} is inactive, was active`]);
  });

  test("is not one that has dependents which do not run", async () => {
    const host = hostOf(node({ properties: { RequiredBy: "laurel.service", TriggeredBy: "auditd.socket" } }));
    expect(await findAttached(contextOf(host), ["auditd"], AGENTS)).toHaveLength(1);
  });

  test("is one that was named already", async () => {
    const named = findAttached(contextOf(hostOf(node())), ["auditd", "auditd.service"], AGENTS);
    await expect(named).rejects.toThrow(/a second time/);
  });

  test("is audit with locked rules", async () => {
    const host = hostOf(node(), {
      answer: (_, args) => ({ stdout: args[0] === "-s" ? "enabled 2\n" : show(node()) }),
    });
    await expect(findAttached(contextOf(host), ["auditd"], AGENTS)).rejects.toThrow(/locked/);
  });
});

const RULES = node().rules;
const DELETE = "auditctl -D";
const ADD = RULES.map((rule) => `auditctl ${rule}`);
/** From the last to the first, since they come back in the opposite order. */
const TAKE_AWAY = ADD.map((rule) => rule.replace(" -a ", " -d ").replace(" -w ", " -W ")).toReversed();

const turnContext = (effects: EffectScope): AgentContext => ({
  directory: "/t",
  families: ["exec", "file", "network"],
  workloads: WORKLOADS,
  watchedDirectory: "/w",
  buffers: "usual",
  effects,
  inside: (command) => command,
  launch: () => Promise.reject(new Error("it starts nothing itself")),
  signal: new AbortController().signal,
});

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

  test("the end of its process is noticed", async () => {
    const { host, running } = await turn(node());
    const [process] = (await running).processes;
    expect(process?.exit()).toBeUndefined();
    host.processes[0]?.end({ code: 1, signal: null });
    expect(process?.exit()).toBeDefined();
  });
});

describe("a container", () => {
  const inspected = (change: object = {}, settings: object = {}): string =>
    JSON.stringify([
      {
        Id: "4f1c",
        State: { Status: "running", Running: true, Pid: 100 },
        HostConfig: { AutoRemove: false, RestartPolicy: { Name: "always" }, ...settings },
        LogPath: "/var/lib/docker/containers/4f1c/4f1c-json.log",
        ...change,
      },
    ]);
  const hostWith = (text: string, exitCode = 0): FakeHost =>
    new FakeHost({
      files: { "/proc/100/cgroup": "0::/system.slice/docker-4f1c.scope\n" },
      answer: (_, args) =>
        args[0] === "container" ? { exitCode, stdout: text, stderr: "no such container" } : {},
    });

  test("is stopped and started by its engine, and known by its id, its group and its log", async () => {
    const host = hostWith(inspected());
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(service.stopping).toMatchObject({
      do: ["docker", "stop", "falco"],
      undo: [["docker", "start", "falco"]],
    });
    expect(service.starting).toMatchObject({
      do: ["docker", "start", "falco"],
      undo: [["docker", "stop", "falco"]],
    });
    expect(await service.state(host)).toEqual({
      kind: "value",
      value: {
        active: true,
        activity: "running",
        mainPid: 100,
        hasOwnRoot: true,
        controlGroup: "/system.slice/docker-4f1c.scope",
        identity: { id: "4f1c", "restart policy": "always" },
        obstacle: undefined,
        outputs: [{ path: "/var/lib/docker/containers/4f1c/4f1c-json.log", framing: "docker" }],
      },
    });
  });

  test.each([
    [
      "an init of its own",
      "0::/system.slice/docker-4f1c.scope/init.scope\n",
      "/system.slice/docker-4f1c.scope",
    ],
    [
      "a runtime's own below it",
      "0::/machine.slice/libpod-4f1c.scope/container\n",
      "/machine.slice/libpod-4f1c.scope",
    ],
    ["version 1", "7:cpu,cpuacct:/docker/4f1c/app\n0::/x\n", "/docker/4f1c"],
    ["a name that does not tell", "0::/kubepods/besteffort/x\n", "/kubepods/besteffort/x"],
  ])("is measured whole, where its first process sits in the group of %s", async (_, cgroup, group) => {
    const host = hostWith(inspected());
    host.files.set("/proc/100/cgroup", cgroup);
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(await service.state(host)).toMatchObject({ value: { controlGroup: group } });
  });

  test("whose log driver is Docker's has it read as such, whatever the file's name", async () => {
    const host = hostWith(inspected({ LogPath: "/logs/own.log" }, { LogConfig: { Type: "json-file" } }));
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(await service.state(host)).toMatchObject({
      value: { outputs: [{ path: "/logs/own.log", framing: "docker" }] },
    });
  });

  test.each([
    ["that is gone once it is stopped", inspected({}, { AutoRemove: true }), /as soon as it is stopped/],
    [
      "of nerdctl that is gone once it is stopped",
      inspected({ Config: { Labels: { "nerdctl/auto-remove": "true" } } }),
      /as soon as it is stopped/,
    ],
    ["that is paused", inspected({ State: { Status: "paused", Running: true, Pid: 100 } }), /is paused/],
  ])("%s is refused", async (_, text, message) => {
    const found = findAttached(contextOf(hostWith(text)), ["docker:falco"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
  });

  test.each([
    ["is not there", "", 1, /no such container/],
    ["is told of in no JSON", "oops", 0, /what it printed is no JSON/],
  ])("that %s is refused", async (_, text, exitCode, message) => {
    const found = findAttached(contextOf(hostWith(text, exitCode)), ["docker:falco"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
  });
});

const STATE: ServiceState = {
  active: true,
  activity: "active",
  mainPid: undefined,
  controlGroup: undefined,
  identity: {},
  obstacle: undefined,
  outputs: [],
};

describe("the output of an owner's agent is where its own configuration has it last", () => {
  const outputOf = async (name: "tetragon", files: Readonly<Record<string, string>>) => {
    const host = new FakeHost({ files });
    const [output, ...others] = (await ownedAgent(name)?.outputs(host)) ?? [];
    expect(others).toEqual([]);
    if (output !== undefined) {
      expect(output.forms["network"]).toEqual({ kind: "ipv4", before: '"daddr":"' });
      expect(output.forms["exec"]).toEqual({ kind: "text" });
    }
    return output?.path;
  };

  const DROP_IN = "tetragon.conf.d/export-filename";
  const PACKAGE = { [`/usr/local/lib/tetragon/${DROP_IN}`]: "/var/log/tetragon/tetragon.log\n" };
  const YAML = { "/etc/tetragon/tetragon.yaml": "# ours\nexport-filename: '/logs/yaml.log'\nrb-size: 1M\n" };

  test.each([
    ["nowhere", {}, undefined],
    ["the package's folder", PACKAGE, "/var/log/tetragon/tetragon.log"],
    [
      "the package's later folder",
      { [`/usr/lib/tetragon/${DROP_IN}`]: "/a", ...PACKAGE },
      "/var/log/tetragon/tetragon.log",
    ],
    ["the YAML file", { ...PACKAGE, ...YAML }, "/logs/yaml.log"],
    [
      "the administrator's folder",
      { ...PACKAGE, ...YAML, [`/etc/tetragon/${DROP_IN}`]: "/logs/own.log" },
      "/logs/own.log",
    ],
    ["an empty file of the administrator's", { ...PACKAGE, [`/etc/tetragon/${DROP_IN}`]: "\n" }, undefined],
    [
      "the package's, beside a YAML file with a mistake",
      { ...PACKAGE, "/etc/tetragon/tetragon.yaml": "a: [1\n" },
      "/var/log/tetragon/tetragon.log",
    ],
    [
      "the package's, beside a YAML file that is none of settings",
      { ...PACKAGE, "/etc/tetragon/tetragon.yaml": "- 1\n" },
      "/var/log/tetragon/tetragon.log",
    ],
  ])("Tetragon: %s", async (_, files, path) => {
    expect(await outputOf("tetragon", files)).toBe(path);
  });

  const ARGUMENTS: readonly (readonly [string, "tetragon", readonly string[], string | undefined])[] = [
    [
      "a flag that wins over the files",
      "tetragon",
      ["--export-filename", "/logs/flag.log"],
      "/logs/flag.log",
    ],
    ["the same in one word", "tetragon", ["--export-filename=/logs/flag.log"], "/logs/flag.log"],
    ["a flag that switches it off", "tetragon", ["--export-filename="], undefined],
    ["one more folder of settings", "tetragon", ["--config-dir", "/srv/t"], "/logs/t.log"],
    ["a flag of something else", "tetragon", ["--export-file-rotation-interval=1h"], "/logs/yaml.log"],
  ];
  const ALL_FILES = {
    ...YAML,
    "/srv/t/export-filename": "/logs/t.log\n",
  };

  test.each(ARGUMENTS)("by arguments, %s: %s %j", async (_, name, args, path) => {
    const host = new FakeHost({ files: { ...ALL_FILES, "/proc/7/cmdline": [name, ...args, ""].join("\0") } });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect((await ownedAgent(name)?.outputs(host, at))?.map((output) => output.path) ?? []).toEqual(
      path === undefined ? [] : [path],
    );
  });

  test.each([
    ["which wins over the files", "PATH=/bin\0TETRAGON_EXPORT_FILENAME=/logs/env.log\0", [], "/logs/env.log"],
    ["which is none where it is empty", "TETRAGON_EXPORT_FILENAME=\0", [], "/logs/yaml.log"],
    [
      "over which a flag wins",
      "TETRAGON_EXPORT_FILENAME=/logs/env.log\0",
      ["--export-filename=/f.log"],
      "/f.log",
    ],
  ])("Tetragon: its environment, %s", async (_, environ, args, path) => {
    const processFiles = {
      "/proc/7/environ": environ,
      "/proc/7/cmdline": ["tetragon", ...args, ""].join("\0"),
    };
    const host = new FakeHost({ files: { ...ALL_FILES, ...processFiles } });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect(await ownedAgent("tetragon")?.outputs(host, at)).toMatchObject([{ path }]);
  });

  test.each([
    [
      "tetragon",
      { "/proc/7/root/etc/tetragon/tetragon.conf.d/export-filename": "/logs/t.log" },
      "/logs/t.log",
    ],
    ["auditd", { "/proc/7/root/etc/audit/auditd.conf": "log_file = /logs/a.log\n" }, "/logs/a.log"],
  ])(
    "in a container, %s's is where that one's files say it, and not the node's",
    async (name, files, path) => {
      const host = new FakeHost({ files: { ...ALL_FILES, "/proc/7/cmdline": "/init\0", ...files } });
      const at = await whereaboutsOf(host, { ...STATE, mainPid: 7, hasOwnRoot: true });
      expect((await ownedAgent(name)?.outputs(host, at))?.map((output) => output.path)).toEqual([
        `/proc/7/root${path}`,
      ]);
    },
  );

  test.each([
    [["-c", "/srv/audit"], "/logs/other.log"],
    [["-n"], "/logs/a.log"],
  ])("auditd %j", async (args, path) => {
    const files = {
      "/srv/audit/auditd.conf": "LOG_FILE = /logs/other.log\n",
      "/etc/audit/auditd.conf": "log_file=/logs/a.log\n",
      "/proc/7/cmdline": ["/sbin/auditd", ...args, ""].join("\0"),
    };
    const host = new FakeHost({ files });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect(await ownedAgent("auditd")?.outputs(host, at)).toMatchObject([{ path }]);
  });

  test("Tetragon: of a program's beginning and end, which carry the same arguments, the beginning counts", async () => {
    const [output] = (await ownedAgent("tetragon")?.outputs(new FakeHost({ files: PACKAGE }))) ?? [];
    expect(output?.lines).toEqual({ exec: '{"process_exec"' });
  });

  test("Tetragon: its losses are those that its owner's metrics server tells", async () => {
    const page = fixture("tetragon-1.7.0.metrics");
    const files = { "/etc/tetragon/tetragon.conf.d/metrics-server": "127.0.0.1:2112\n" };
    const host = new FakeHost({ files, pages: { "http://127.0.0.1:2112/metrics": page } });
    expect(await ownedAgent("tetragon")?.lostBy?.(host)()).toEqual(value(3395 + 15_891 + 566));
    const anywhere = new FakeHost({
      files: { "/etc/tetragon/tetragon.yaml": "metrics-server: ':2112'\n" },
      pages: { "http://127.0.0.1:2112/metrics": page },
    });
    expect(await ownedAgent("tetragon")?.lostBy?.(anywhere)()).toMatchObject({ kind: "value" });
    expect(await ownedAgent("tetragon")?.lostBy?.(new FakeHost())()).toMatchObject({
      reason: expect.stringMatching(/no metrics-server/) as string,
    });
  });

  test("Tetragon: a path beside the unit's working directory", async () => {
    expect(
      await outputOf("tetragon", { "/etc/tetragon/tetragon.yaml": "export-filename: logs/t.log\n" }),
    ).toBe("/logs/t.log");
  });
});
