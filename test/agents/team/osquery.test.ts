/** osquery with a team's files: what it is started with, which of its queries it would never run, and what is refused. */
import { describe, expect, test } from "vitest";
import { teamOsquery } from "../../../src/agents/team/osquery.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { refusedBy } from "./refused.ts";
import { agentsOf, started, startedOn, written } from "./started.ts";

const team = { ...teamOsquery };

const CONFIGURATION = `{
  // ours
  "options": { "logger_plugin": "tls" },
  "file_paths": { "etc": ["/etc/%%"] },
  "schedule": { "execs": { "query": "SELECT * FROM process_events;", "interval": 1 } },
  "packs": { "fim": { "queries": { "etc": { "query": "SELECT * FROM file_events;", "interval": 1 } } } }
}
`;

const asking = (query: string, more = ""): string =>
  `{"schedule":{"mine":{"query":${JSON.stringify(query)},"interval":1${more}}}}`;
const EXECS = "SELECT * FROM process_events";

const only = (text: string): Agent => {
  const [agent] = agentsOf(team, text);
  if (agent === undefined) throw new Error("there is no agent");
  return agent;
};

const flagsOf = async (text: string): Promise<string> => written(await started(only(text)), "osquery.flags");

describe("what it is started with", () => {
  test("is scheduled queries and those of packs, each with the publisher that its tables read", async () => {
    const agents = agentsOf(team, CONFIGURATION);
    expect(agents.map(({ policy }) => policy?.rule)).toEqual([null, "execs", "pack_fim_etc"]);
    const host = await started(agents[2]);
    expect(JSON.parse(written(host, "osquery.conf"))).toEqual({
      file_paths: { etc: ["/etc/%%"] },
      schedule: { pack_fim_etc: { query: "SELECT * FROM file_events;", interval: 1 } },
    });
    expect(written(host, "osquery.flags")).toMatch(/--disable_audit=true\n--enable_file_events=true\n/);
    expect(host.done.filter((step) => step.includes("audit"))).toEqual([]);
    const execs = await started(agents[1]);
    expect(written(execs, "osquery.flags")).toMatch(
      /--disable_audit=false\n[^]*--audit_allow_process_events=true\n/,
    );
  });

  test.each([
    ["in capitals", asking("select * from PROCESS_EVENTS")],
    ["by a view", `{"views":{"v":"${EXECS}","w":"SELECT * FROM v"},${asking("SELECT * FROM W").slice(1)}`],
  ])("is the publisher of a table that is asked %s", async (_, text) => {
    expect(await flagsOf(text)).toContain("--audit_allow_process_events=true\n");
  });

  test("is no publisher of a table that a text or a comment names, nor those that are on unless switched off", async () => {
    const flags = await flagsOf(asking("SELECT 'socket_events' FROM seccomp_events -- process_events"));
    expect(flags.match(/--audit_allow_(?!config)\w+=\w+/g)).toEqual([
      "--audit_allow_process_events=false",
      "--audit_allow_sockets=false",
      "--audit_allow_user_events=false",
      "--audit_allow_fim_events=false",
      "--audit_allow_selinux_events=false",
      "--audit_allow_seccomp_events=true",
      "--audit_allow_apparmor_events=false",
    ]);
  });

  test("has what packs say of folders, versions and shards", async () => {
    const text = `{"file_paths":{"etc":["/etc/%%"]},"packs":{"*":{"fim":{"version":"5.0.0","shard":50,
      "file_paths":{"home":["/home/%%"]},"queries":{"a":{"query":"SELECT * FROM file_events"}}}}}}`;
    expect(JSON.parse(written(await started(only(text)), "osquery.conf"))).toEqual({
      file_paths: { etc: ["/etc/%%"], home: ["/home/%%"] },
      schedule: { pack_fim_a: { version: "5.0.0", shard: 50, query: "SELECT * FROM file_events" } },
    });
  });

  test("is read as osquery reads it: comments, and lines that go on with the next one", async () => {
    const text =
      '# ours\n{"schedule":{\r\n  // all\n"a":{"query":"SELECT * \\\n FROM process_events","interval":1}}}';
    expect(written(await started(only(text)), "osquery.conf")).toContain("SELECT *  FROM process_events");
  });
});

describe("its rows", () => {
  test.each([
    ["asked each second", asking(EXECS), 6000],
    ["asked every half minute", asking(EXECS).replace(":1}", ':"30"}'), 35_000],
    ["asked each hour, which nobody waits for", asking(EXECS).replace(":1}", ":3600}"), 6000],
  ])("are waited for: %s", (_, text, expected) => {
    expect(only(text).flushIntervalMs).toBe(expected);
  });

  test("are looked for in the file of snapshots too, where a query asks for one", async () => {
    const outputsWith = async (more: string): Promise<readonly string[]> => {
      const { running } = await startedOn(only(asking("SELECT * FROM file_events", more)));
      return running.outputs.map(({ path }) => path);
    };
    expect(await outputsWith("")).toEqual(["/turn/log/osqueryd.results.log"]);
    expect(await outputsWith(',"snapshot":true')).toEqual([
      "/turn/log/osqueryd.results.log",
      "/turn/log/osqueryd.snapshots.log",
    ]);
  });
});

describe("what is said to be left out", () => {
  const leftOutOf = (text: string): readonly string[] => team.read([{ path: "mine", text }], false).leftOut;

  test("is what decides where rows go", () => {
    expect(leftOutOf(CONFIGURATION)).toEqual([expect.stringMatching(/^mine: "options": where rows go/)]);
    expect(leftOutOf(CONFIGURATION.replace('"fim": {', '"fim": { "options": {},'))).toEqual([
      expect.stringMatching(/^mine: "options": where/),
      expect.stringMatching(/^mine: "options" of the pack fim: where/),
    ]);
  });

  test("is a query that osquery would not run here, and the rows of one that is asked too seldom", () => {
    const queries = [
      `"a":{"query":"${EXECS}","platform":"darwin,windows"}`,
      `"b":{"query":"${EXECS}","interval":0}`,
      `"my_counter":{"query":"${EXECS}","interval":5}`,
      `"d":{"query":"${EXECS}","platform":"posix","interval":300}`,
    ];
    const read = team.read([{ path: "mine", text: `{"schedule":{${queries.join(",")}}}` }], false);
    expect(read.rules).toEqual(["d"]);
    expect(read.leftOut).toEqual([
      'mine: "a": its platform is darwin,windows',
      'mine: "b": its interval is 0, and osquery takes 1 to 604800 s',
      expect.stringMatching(/^mine: "my_counter": osquery schedules no query whose name begins/),
      'mine: the rows of "d", which is asked every 300 s: what its tables cost is measured',
    ]);
  });
});

describe("what is refused", () => {
  test.each([
    ["what is no JSON", "schedule: 1", /^mine: osquery takes this for no JSON: Unexpected token 's'/],
    [
      "a comma too many",
      '{"schedule":{\n"a":{"query":"x",}}}',
      /^mine:2: osquery takes this for no JSON: Exp.*no comma/,
    ],
    ["a comment behind something", "{} // x", /^mine:1: osquery takes.*comments on lines of their own/],
    ["a byte order mark", "\uFEFF{}", /no byte order mark/],
    ["UTF-16", "\0{\0}", /save it as UTF-8/],
    ["nothing", " \n", /^mine: there is nothing in it/],
    ["no object", "[]", /^mine: the file must be an object/],
    ["no query", "{}", /^mine: it schedules no query/],
    [
      "queries that never run alone",
      `{"packs":{"x":{"platform":"darwin","queries":{"a":{"query":"${EXECS}"}}}}}`,
      /^mine: it schedules no query \(osquery would run none of them: mine: "pack_x_a": the platform of its pack is darwin/,
    ],
    [
      "a key that stands twice, of which osquery takes the first",
      `{"schedule":{"a":{"query":"x"},\n"a":{"query":"y"}}}`,
      /^mine:2: "a" stands twice in the same object/,
    ],
    [
      "a pack elsewhere",
      '{"packs":{"x":"../../etc/x.conf"}}',
      /^mine: its pack "x" is in another file, \.\.\/\.\.\/etc\/x\.conf/,
    ],
    ["no pack", '{"packs":{"*":{"x":null}}}', /^mine: "packs\.\*": /],
    [
      "a table that reaches other machines",
      asking("select * from curl where url=1"),
      /reaches other machines/,
    ],
    ["the same in capitals", asking("SELECT * FROM CURL"), /reaches other machines/],
    [
      "the same by a view",
      `{"views":{"v":"SELECT * FROM curl"},${asking("SELECT * FROM v").slice(1)}`,
      /reaches other/,
    ],
    ["files that are sent away", asking("SELECT carve(path) FROM file"), /reaches other machines/],
    ["the metadata of a cloud", asking("SELECT * FROM ec2_instance_tags"), /reaches other machines/],
  ])("is %s", (_, text, said) => {
    expect(refusedBy(team, text)).toMatch(said);
  });

  test("is no query that speaks of such a program", () => {
    expect(refusedBy(team, asking(`${EXECS} WHERE path LIKE '%/curl' -- carves`))).toBe("accepted");
    expect(refusedBy(team, asking(EXECS, ',"key":{"mine":[{"query":1},{"query":2}]}'))).toBe("accepted");
  });
});

describe("its shell", () => {
  const OSQUERY = "/opt/tare/agents/osquery/5.23.1/opt/osquery/bin/osqueryd";

  /** Says of a text that holds `wrong` what osquery 5.23.1 said of such a one. */
  const node = (): FakeHost =>
    new FakeHost({
      programs: { [OSQUERY]: OSQUERY },
      files: { [OSQUERY]: "" },
      answer: (_, args) =>
        args.at(-1)?.includes("wrong") === true
          ? {
              exitCode: 1,
              stdout: "[\n\n]\n",
              stderr:
                "Cannot access or create osquery home: /proc/osquery-22373Error: no such table: wrong\n",
            }
          : { stdout: "[]\n" },
    });

  const check = async (text: string, host: FakeHost): Promise<void> =>
    await team.read([{ path: "mine", text }], false).check?.(host);

  const TWO = `{"schedule":{"a":{"query":"${EXECS};"},"b":{"query":"SELECT * FROM wrong"}}}`;

  test("is asked of all queries at once, and answers none", async () => {
    const host = node();
    await check(TWO.replace("wrong", "time"), host);
    expect(host.done).toHaveLength(1);
    expect(host.done[0]).toMatch(
      / -S .*EXPLAIN QUERY PLAN SELECT \* FROM process_events\n;\nEXPLAIN QUERY PLAN SELECT \* FROM time\n;$/,
    );
  });

  test("tells which query osquery does not take", async () => {
    await expect(check(TWO, node())).rejects.toThrow(
      'mine: osquery refuses the query "b": no such table: wrong',
    );
  });

  test("is not asked of several statements, which it would answer, nor of views, which it does not know", async () => {
    const host = node();
    await check(asking("SELECT 1; SELECT * FROM wrong"), host);
    await check(`{"views":{"v":"SELECT 1"},${asking("SELECT * FROM v, wrong").slice(1)}`, host);
    expect(host.done).toEqual([]);
    await check(asking("SELECT ';' FROM time;"), host);
    expect(host.done).toHaveLength(1);
  });

  test("that does not answer so refuses nothing", async () => {
    const host = new FakeHost({ answer: () => ({ exitCode: 1, stderr: "no such program" }) });
    await expect(check(TWO, host)).resolves.toBeUndefined();
  });
});
