/** A node made of data with one unit in its owner's hands: what is done to it is done, and can be looked at. */
import type { Agent, AgentContext } from "../../src/domain/agent.ts";
import { TareError } from "../../src/domain/errors.ts";
import type { Completed, EffectScope } from "../../src/domain/host.ts";
import type { Session } from "../../src/session/session.ts";
import { WATCHER } from "../run/fake-run.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { WORKLOADS } from "../support/workloads.ts";

export const AUDITD: Agent = {
  ...WATCHER,
  id: "auditd@blocking",
  units: ["auditd.service"],
};
export const AGENTS = new Map([[AUDITD.id, AUDITD]]);

/** A systemd with one unit, and an audit with the rules that are in force. */
export interface Node {
  active: string;
  readonly properties: Record<string, string>;
  rules: string[];
  /** Other units that are active. */
  readonly others: readonly string[];
  readonly fails?: (command: string) => boolean;
}

export const node = (change: Partial<Node> = {}): Node => ({
  active: "active",
  properties: {},
  rules: ["-a always,exit -F arch=b64 -S execve -F key=owner", "-w /etc/shadow -p wa -k secret"],
  others: [],
  ...change,
});

export const show = (state: Node): string =>
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

export const act = (state: Node, command: readonly string[]): Partial<Completed> => {
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
export const hostOf = (state: Node, options: FakeHostOptions = {}): FakeHost =>
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
export const contextOf = (
  host: FakeHost,
): Pick<Session, "host" | "tell"> & { readonly left: readonly string[] } => {
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
export const doings = (host: FakeHost): readonly string[] =>
  host.done.filter((entry) => entry.startsWith("acted ")).map((entry) => entry.slice("acted ".length));

export const RULES = node().rules;
export const DELETE = "auditctl -D";
export const ADD = RULES.map((rule) => `auditctl ${rule}`);
/** From the last to the first, since they come back in the opposite order. */
export const TAKE_AWAY = ADD.map((rule) => rule.replace(" -a ", " -d ").replace(" -w ", " -W ")).toReversed();

export const turnContext = (effects: EffectScope): AgentContext => ({
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
