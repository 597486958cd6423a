/** A team's audit rules: which of them are measured together, what of the file is not followed, and what never reaches the kernel. */
import { describe, expect, test } from "vitest";
import { teamAuditd } from "../../../src/agents/team/auditd.ts";
import { teamAgents } from "../../../src/agents/team/policy.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { plainContext } from "../../support/agent-context.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { readFile, refusedBy } from "./refused.ts";

const RULES = `## as shipped by our team
-D
-b 1024
--backlog_wait_time 0
-r 500
-f 2

-a never,exit -F arch=b64 -S openat -F exe=/usr/bin/backup
-a always,exit -F arch=b64 -S openat -S open -k opens
-w /etc/passwd -p wa -k identity
-w /etc/shadow -p wa -k identity
-a always,exit -F arch=b64 -S connect -F key=net
-a always,exit -F arch=b64 -S bpf
-e 2
`;

const agentsOf = (text: string): readonly Agent[] =>
  teamAgents(teamAuditd, readFile(teamAuditd, text), { path: "mine", digest: "1a2b3c4d" });

const STATUS = [
  "enabled 0",
  "failure 1",
  "rate_limit 0",
  "backlog_limit 64",
  "backlog_wait_time 15000",
  "lost 0",
];

const node = (): FakeHost =>
  new FakeHost({
    programs: { auditd: "/sbin/auditd", auditctl: "/sbin/auditctl" },
    answer: (command, args, host) => {
      if (command !== "auditctl") return undefined;
      if (args[0] === "-s")
        return { stdout: [...STATUS, `pid ${host.processes[0]?.pid ?? 0}`, ""].join("\n") };
      return { stdout: args[0] === "-l" ? "No rules\n" : "auditctl version 3.0.9\n" };
    },
    acts: () => undefined,
  });

const actsOf = async (
  agent: Agent | undefined,
): Promise<{ host: FakeHost; settings: Readonly<Record<string, string>> }> => {
  if (agent === undefined) throw new Error("there is no such agent");
  const host = node();
  const context = plainContext(host, {});
  const { settings } = await agent.start(host, context);
  await context.effects.undo();
  return { host, settings };
};

const commandsIn = (host: FakeHost, pattern: RegExp): readonly string[] =>
  host.done
    .filter((step) => step.startsWith("acted ") && pattern.test(step))
    .map((step) => step.slice("acted ".length));

describe("a file of rules", () => {
  test("is measured whole, and by key, or by line where a rule has none", () => {
    expect(agentsOf(RULES).map(({ id, policy }) => [id, policy?.rule])).toEqual([
      ["auditd@policy", null],
      ["auditd@policy-none", null],
      ["auditd@policy-opens", "opens"],
      ["auditd@policy-identity", "identity"],
      ["auditd@policy-net", "net"],
      ["auditd@policy-line-13", "line 13"],
    ]);
  });

  test("of one rule is measured whole, and without it", () => {
    const agents = agentsOf("-w /etc -p wa -k etc\n");
    expect(agents.map(({ id, policy }) => [id, policy?.part])).toEqual([
      ["auditd@policy", "all"],
      ["auditd@policy-none", "none"],
    ]);
  });

  test("without any rule still has its exceptions", async () => {
    const { host } = await actsOf(agentsOf(RULES).find(({ policy }) => policy?.part === "none"));
    expect(commandsIn(host, / -[aAw] /)).toEqual([
      "auditctl -a never,exit -F arch=b64 -S openat -F exe=/usr/bin/backup",
    ]);
  });

  test("adds a rule with the exceptions of the file, by the words of the file and through no shell", async () => {
    const { host } = await actsOf(agentsOf(RULES).find(({ id }) => id === "auditd@policy-identity"));
    expect(commandsIn(host, / -[aAwdW] /)).toEqual([
      "auditctl -a never,exit -F arch=b64 -S openat -F exe=/usr/bin/backup",
      "auditctl -w /etc/passwd -p wa -k identity",
      "auditctl -w /etc/shadow -p wa -k identity",
      "auditctl -W /etc/shadow -p wa -k identity",
      "auditctl -W /etc/passwd -p wa -k identity",
      "auditctl -d never,exit -F arch=b64 -S openat -F exe=/usr/bin/backup",
    ]);
  });

  test("has its settings of the queue followed, which decide what is lost", async () => {
    const [whole] = agentsOf(RULES);
    const { host, settings } = await actsOf(whole);
    expect(whole?.overload).toBe("drops");
    expect(commandsIn(host, / (?:-b|-r|--backlog_wait_time) /).slice(0, 3)).toEqual([
      "auditctl -r 500",
      "auditctl -b 1024",
      "auditctl --backlog_wait_time 0",
    ]);
    expect(settings).toMatchObject({ policy: "mine", rateLimit: "500 records a second" });
  });

  test("never panics the node and never locks its rules, and that is told", async () => {
    const { host, settings } = await actsOf(agentsOf(RULES)[0]);
    expect(commandsIn(host, / -e 2| -f 2| -D/)).toEqual([]);
    expect(readFile(teamAuditd, RULES).leftOut).toEqual([
      expect.stringMatching(/^mine:6: -f 2: .*panic/),
      expect.stringMatching(/^mine:14: -e 2: .*locked/),
    ]);
    expect(settings["leftOut"]).toMatch(/-f 2[^]*-e 2/);
  });

  test("counts one event for its several records", async () => {
    const host = node();
    const [whole] = agentsOf(RULES);
    const running = await whole?.start(host, plainContext(host, {}));
    expect(running?.outputs).toMatchObject([{ path: "/turn/audit.log", event: "type=SYSCALL " }]);
  });
});

test("a version is that of the program with the file and its digest", async () => {
  expect(await agentsOf(RULES)[1]?.probe(node())).toMatchObject({ version: "3.0.9 (mine, 1a2b3c4d)" });
});

test("keys that differ in what an agent's name cannot hold are told apart", () => {
  const rules = ["a.b", "a-b", "A B", "::", "none"].map(
    (key) => `-w /etc/${key.length} -k ${key.replace(" ", "_")}`,
  );
  expect(agentsOf(rules.join("\n")).map(({ id }) => id)).toEqual([
    "auditd@policy",
    "auditd@policy-none",
    "auditd@policy-a-b",
    "auditd@policy-a-b-2",
    "auditd@policy-a-b-3",
    "auditd@policy-rule",
    "auditd@policy-none-2",
  ]);
});

test.each([
  ["an empty file", "# nothing\n", /mine: it has no rule that reports anything/],
  ["exceptions alone", "-a never,exit -S all\n", /no rule that reports anything/],
  ["a rule that is deleted", "-d always,exit -S open\n", /^mine:1: "-d" is none of -a, -A, -w/],
  ["another file", "-w /etc -k a\n-R /etc/other.rules\n", /^mine:2: "-R" is none of/],
  ["a shell", "-w /etc -k a; rm -rf /\n", /^mine:1: "rm" is no option of a rule/],
  ["an option without a word", "-a always,exit -S\n", /^mine:1: "-S" has nothing behind it/],
  ["a watch that leads elsewhere", "-w ../etc/shadow -p wa\n", /^mine:1: a watch needs an absolute path/],
  ["a list that is none", "-a sometimes,maybe -S open\n", /^mine:1: "-a" needs a list and an action/],
  ["a number that is none", "-b many\n-w /etc -k a\n", /^mine:1: "-b many" needs a whole number/],
  [
    "what hides how many events there are",
    "-a always,exclude -F msgtype=SYSCALL\n-w /etc -k a\n",
    /^mine:1: without SYSCALL records/,
  ],
  ["a name that every object has", "constructor\n-w /etc -k a\n", /^mine:1: "constructor" is none of/],
  ["a text that is no rule", "audit everything\n", /^mine:1: "audit" is none of/],
])("%s is refused at its line", (_, text, said) => {
  expect(refusedBy(teamAuditd, text)).toMatch(said);
});
