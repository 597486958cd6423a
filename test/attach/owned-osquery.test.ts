/** osquery in its owner's hands: where its rows go, how late they come, and what tells its losses. */
import { describe, expect, test } from "vitest";
import { ownedAgent } from "../../src/agents/attached/owned.ts";
import { ON_THE_NODE, type Whereabouts } from "../../src/agents/attached/whereabouts.ts";
import { FakeHost } from "../support/fake-host.ts";

const osquery = ownedAgent("osquery");

/** As the unit of its package starts it. */
const UNIT: Whereabouts = {
  ...ON_THE_NODE,
  args: ["--flagfile", "/etc/osquery/osquery.flags", "--config_path", "/etc/osquery/osquery.conf"],
};

type Files = Readonly<Record<string, string>>;
const configured = (flags: string, configuration = "{}", more: Files = {}): FakeHost =>
  new FakeHost({
    files: { "/etc/osquery/osquery.flags": flags, "/etc/osquery/osquery.conf": configuration, ...more },
    answer: () => ({ stdout: "enabled 1\npid 7\nlost 3\n" }),
  });

const logsOf = async (host: FakeHost, at = UNIT): Promise<readonly string[] | undefined> =>
  (await osquery?.outputs(host, at))?.map(({ path }) => path);

const inFolder = (folder: string): readonly string[] => [
  `${folder}/osqueryd.results.log`,
  `${folder}/osqueryd.snapshots.log`,
];

describe("its rows are in the folder that is told last", () => {
  test.each([
    ["nowhere", configured(""), inFolder("/var/log/osquery")],
    ["in its flag file", configured("# ours\n--verbose\n--logger_path=/a/\n"), inFolder("/a")],
    ["there with a space", configured("--logger_path  /a\n"), inFolder("/a")],
    [
      "by its configuration, which has comments",
      configured("--logger_path=/a", '// ours\n{"options":{"logger_path":"/b"}}'),
      inFolder("/b"),
    ],
    ["beside another logger", configured("--logger_plugin=tls,filesystem"), inFolder("/var/log/osquery")],
    [
      "for a logger that a configuration cannot choose",
      configured("", '{"options":{"logger_plugin":"tls"}}'),
      inFolder("/var/log/osquery"),
    ],
    ["in no file", configured("--logger_plugin=tls"), []],
    ["in none, since it logs nothing", configured("--disable_logging"), []],
    ["and not by what is no JSON", configured("--logger_path=/a", "{,}"), inFolder("/a")],
  ])("%s", async (_, host, expected) => {
    expect(await logsOf(host)).toEqual(expected);
  });

  test("by its arguments, which win over its flag file", async () => {
    const at = { ...UNIT, args: [...UNIT.args, "--logger_path=/c"] };
    expect(await logsOf(configured("--logger_path=/a"), at)).toEqual(inFolder("/c"));
  });

  test("and where they are sent off the node, that is said", async () => {
    expect(await osquery?.notFollowed?.(configured("--logger_plugin=tls"), UNIT)).toBe(
      "its logger_plugin is tls, and tare reads what filesystem writes",
    );
    expect(await osquery?.notFollowed?.(configured(""), UNIT)).toBeUndefined();
  });
});

describe("its rows are as late as its queries of events are asked", () => {
  const schedule = (interval: unknown, table = "process_events"): string =>
    JSON.stringify({ schedule: { a: { query: `SELECT * FROM ${table}`, interval } } });

  test.each([
    ["each second", configured("--disable_audit=false", schedule(1)), 6000, true],
    ["every ten", configured("--nodisable_audit", schedule("10")), 15_000, true],
    ["every ten, of no events", configured("", schedule(10, "processes")), 6000, false],
    ["each hour, which nobody waits for", configured("--disable_audit=false", schedule(3600)), 6000, true],
    [
      "by a pack in a file",
      configured("--disable_audit=false", '{"packs":{"p":"/p.conf"}}', {
        "/p.conf": '# a pack\n{"queries":{"b":{"query":"select * from SOCKET_EVENTS","interval":30}}}',
      }),
      35_000,
      true,
    ],
    ["by a server, which tells nobody", configured("--config_plugin=tls", schedule(30)), 6000, false],
  ])("%s", async (_, host, flushIntervalMs, inBatches) => {
    const expected = { flushIntervalMs, ...(inBatches && { handsOutInBatches: true }) };
    expect(await osquery?.holdsBack?.(host, UNIT)).toEqual(expected);
  });
});

describe("its losses", () => {
  test("are audit's, where it reads audit", async () => {
    const on = configured("", '{"options":{"disable_audit":"false"}}');
    expect(await osquery?.lostBy?.(on, UNIT)()).toEqual({ kind: "value", value: 3 });
    expect(await osquery?.lostBy?.(configured(""), UNIT)()).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/has audit off/) as string,
    });
  });
});

test("the record has what decides its cost, and no secret", async () => {
  const flags = "--enroll_secret_path=/s\n--tls_hostname=x\n--disable_audit=false\n--watchdog_level=1\n";
  const host = configured(flags, '{"schedule":{"a":{"query":"SELECT 1"}},"packs":{"p":{}}}');
  expect(await osquery?.settings?.(host, UNIT)).toEqual({
    flags: "--disable_audit=false\n--watchdog_level=1\n--config_path=/etc/osquery/osquery.conf\n",
    schedule: '{"a":{"query":"SELECT 1"}}',
    packs: "p",
  });
});
