/** OpenSnitch: which of its lines count, which method really runs, what the kernel dropped, and that the node's firewall stays as it is. */
import { describe, expect, it } from "vitest";
import opensnitch from "../../src/agents/opensnitch.ts";
import type { FakeHostOptions } from "../support/fake-host.ts";
import { parseQueueDrops } from "../../src/agents/shared/netfilter-queue.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { isolatedContext } from "../support/isolated-context.ts";
import { fixture, tallyFixture } from "../support/tally-fixture.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Debian's daemon on kernel 6.18; four connections after a warm-up of two. */
const LOG = "opensnitch-1.5.8.1-1+b3.log";
const QUEUE = "nfnetlink_queue-6.18.txt";

const starting = async (said: string, more: FakeHostOptions = {}) => {
  const host = new FakeHost({
    onStart: (_process, self) => {
      self.files.set("/turn/opensnitchd.log", said);
    },
    ...more,
  });
  return { host, running: opensnitch.start(host, isolatedContext(host)) };
};

describe("its log, captured from Debian's 1.5.8.1-1+b3", () => {
  it("names each connection once by the line of the verdict, although three lines hold the address", async () => {
    const { running } = await starting(fixture(LOG));
    const form = (await running).outputs[0]?.forms.network;
    if (form === undefined) throw new Error("it names no form for network");
    const tally = tallyFixture(LOG, { form, family: "network", trial: "1233", operations: 4 });
    expect(tally).toMatchObject({ delivered: 4, duplicates: 0 });
    expect(fixture(LOG).split("127.48.0.3:").length - 1).toBe(3);
  });

  it("tells that it fell back from eBPF to /proc, and why", async () => {
    const { running } = await starting(fixture(LOG));
    expect((await running).settings["processMonitor"]).toBe(
      "asked for: ebpf; runs: /proc (error starting ebpf monitor method: open /etc/opensnitchd/opensnitch.o: no such file or directory)",
    );
  });
});

describe("what the kernel could not hand over", () => {
  it("is the sum of both drop columns of all queues", () => {
    expect(parseQueueDrops(fixture(QUEUE))).toBe(0);
    const row = (fixture(QUEUE).split("\n")[0] ?? "").replace(/0( +)0( +\d+ +1)$/, "3$14$2");
    expect(parseQueueDrops(`${row}\n${fixture(QUEUE)}`)).toBe(7);
  });

  it.each([
    ["there is no queue", ""],
    ["the columns are others", "0 1 2\n"],
    ["they are no numbers", "a b c d e f g h i\n"],
  ])("is missing, not 0, where %s", async (_, text) => {
    const { host, running } = await starting(fixture(LOG));
    const started = await running;
    host.files.set(`/proc/${started.processes[0]?.pid ?? 0}/net/netfilter/nfnetlink_queue`, text);
    expect(await opensnitch.declaredLoss(host, started)).toMatchObject({ kind: "missing" });
  });
});

describe("where it is started", () => {
  it("covers its folder of configuration, then starts as its unit does, with rules of its own", async () => {
    const { host, running } = await starting(fixture(LOG));
    await running;
    expect(host.done).toEqual([
      "do a layer over /etc/opensnitchd in the agent's own mount namespace",
      "start opensnitchd -rules-path /turn/rules",
    ]);
    const config = JSON.parse(
      host.files.get("/turn/etc-opensnitchd.files/default-config.json") ?? "",
    ) as object;
    expect(config).toMatchObject({ DefaultAction: "allow", ProcMonitorMethod: "ebpf", Firewall: "iptables" });
  });

  it("never starts in the node's own namespaces", async () => {
    const host = new FakeHost();
    const context = isolatedContext(host, { inside: (command) => command });
    await expect(opensnitch.start(host, context)).rejects.toThrow(/node itself would be covered/);
    expect(host.done).toEqual([]);
  });

  it("says that it died, and how, instead of waiting for it", async () => {
    const { running } = await starting("", {
      onStart: (process) => {
        process.end({ code: 2, signal: null });
      },
    });
    await expect(running).rejects.toThrow(/ended by itself: exit status 2/);
  });
});

it("its probe says so where the kernel has no NFQUEUE", async () => {
  const programs = Object.fromEntries(
    ["opensnitchd", "iptables", "unshare", "nsenter", "ip"].map((name) => [name, `/usr/sbin/${name}`]),
  );
  const host = new FakeHost({
    programs,
    answer: (_, args) =>
      args.includes("NFQUEUE")
        ? { exitCode: 3, stderr: "iptables: No chain/target/match by that name.\n" }
        : {},
  });
  expect(await opensnitch.probe(host)).toMatchObject({
    kind: "unavailable",
    reason:
      "this kernel does not queue packets to programs (NFQUEUE): iptables: No chain/target/match by that name.",
  });
});

describe("on this node", () => {
  const folder = temporaryFolder();

  it("makes the connection wait for its verdict, and never touches the node's firewall", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, opensnitch);
    ctx.skip(obstacle !== undefined, obstacle);
    const firewall = async (): Promise<unknown> => ({
      rules: (await host.run("iptables", ["-t", "mangle", "-S"])).stdout,
      filter: (await host.run("iptables", ["-S"])).stdout,
      queues: await host.readText("/proc/net/netfilter/nfnetlink_queue"),
    });
    const before = await firewall();
    const { result, problems } = await withAgent(host, opensnitch, folder, async (session) => {
      const inside = await session.run("iptables", "-t", "mangle", "-S", "OUTPUT");
      expect(inside.stdout).toContain("--ctstate NEW,RELATED -j NFQUEUE --queue-num 0 --queue-bypass");
      expect(await firewall()).toEqual(before);
      const pid = session.running.processes[0]?.pid ?? 0;
      const ledger = await session.trial("network", 20, async (window) => {
        let isDone = false;
        host.signal(pid, "SIGSTOP");
        const done = window().then(() => {
          isDone = true;
        });
        await host.sleep(1000);
        expect(isDone).toBe(false);
        host.signal(pid, "SIGCONT");
        await done;
      });
      return { ledger, settings: session.running.settings };
    });
    expect(result.ledger).toMatchObject({ operations: 20, delivered: 20 });
    expect(result.settings["processMonitor"]).toMatch(/^asked for: ebpf; runs: \S/);
    expect(problems).toEqual([]);
    expect(await firewall()).toEqual(before);
  });
});
