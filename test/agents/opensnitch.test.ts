/** OpenSnitch: which of its lines count, which method really runs, what it lets pass, and that the node's firewall stays as it is. */
import { describe, expect, test } from "vitest";
import opensnitch from "../../src/agents/opensnitch.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { isolatedContext } from "../support/isolated-context.ts";
import { fixture, tallyFixture } from "../support/tally-fixture.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Debian's daemon on kernel 6.18; four connections after a warm-up of two. */
const LOG = "opensnitch-1.5.8.1-1+b3.log";

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
  test("names each connection once by the line of the verdict, although three lines hold the address", async () => {
    const { running } = await starting(fixture(LOG));
    const form = (await running).outputs[0]?.forms.network;
    if (form === undefined) throw new Error("it names no form for network");
    const tally = tallyFixture(LOG, { form, family: "network", trial: "1233", operations: 4 });
    expect(tally).toMatchObject({ delivered: 4, duplicates: 0 });
    expect(fixture(LOG).split("127.48.0.3:").length - 1).toBe(3);
  });

  test("tells that it fell back from eBPF to /proc, and why", async () => {
    const { running } = await starting(fixture(LOG));
    expect((await running).settings["processMonitor"]).toBe(
      "asked for: ebpf; runs: /proc (error starting ebpf monitor method: open /etc/opensnitchd/opensnitch.o: no such file or directory)",
    );
  });
});

describe("what it lets pass undecided", () => {
  test("is what it says of that on standard error, and nothing else that it says there", async () => {
    const { host, running } = await starting(fixture(LOG));
    const started = await running;
    // Captured while the daemon was stopped and continued under load.
    const said =
      "\u001B[2m[2026-11-23 20:30:46]\u001B[0m \u001B[97m\u001B[42m INF \u001B[0m Loading rules from /etc/opensnitchd/rules ...\n" +
      "Timed out while sending packet to queue channel 3330656915\n";
    host.files.set("/turn/opensnitchd.out", said);
    expect(await started.lost()).toEqual({ kind: "value", value: 1 });
  });

  test("is missing, not 0, where its words cannot be read", async () => {
    const { running } = await starting(fixture(LOG));
    expect(await (await running).lost()).toMatchObject({ kind: "missing" });
  });
});

describe("where it is started", () => {
  test("covers its folder of configuration, then starts as its unit does, with rules of its own", async () => {
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

  test("never starts in the node's own namespaces", async () => {
    const host = new FakeHost();
    const context = isolatedContext(host, { inside: (command) => command });
    await expect(opensnitch.start(host, context)).rejects.toThrow(/node itself would be covered/);
    expect(host.done).toEqual([]);
  });

  test("says that it died, and how, instead of waiting for it", async () => {
    const { running } = await starting("", {
      onStart: (process) => {
        process.end({ code: 2, signal: null });
      },
    });
    await expect(running).rejects.toThrow(/ended by itself \(exit status 2\)/);
  });
});

test("its probe says so where the kernel has no NFQUEUE", async () => {
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

  test("makes the connection wait for its verdict, and never touches the node's firewall", async (ctx) => {
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
      const queued = async (): Promise<number> => {
        const { stdout } = await session.run("iptables", "-t", "mangle", "-S", "OUTPUT", "-v");
        return Number(/-c (\d+) \d+ -j NFQUEUE/.exec(stdout)?.[1] ?? Number.NaN);
      };
      const queuedBefore = await queued();
      const pid = session.running.processes[0]?.pid ?? 0;
      const ledger = await session.trial("network", 20, {
        around: async (window) => {
          let isDone = false;
          host.signal(pid, "SIGSTOP");
          const done = window().then(() => {
            isDone = true;
          });
          await host.sleep(1000);
          expect(isDone).toBe(false);
          host.signal(pid, "SIGCONT");
          await done;
        },
      });
      const packets = (await queued()) - queuedBefore;
      return { ledger, packets, settings: session.running.settings };
    });
    const { operations, delivered, duplicates, declared = Number.NaN } = result.ledger;
    expect(operations).toBe(20);
    expect(delivered).toBeLessThanOrEqual(operations);
    // Woken up, it may let the packet pass that it was stopped with, and then says so. That packet is the warm-up's, of which only
    // the losses count. Under load it lets more pass. So each connection has a decision or a loss, and each packet at most one of them.
    expect(delivered + declared).toBeGreaterThanOrEqual(operations);
    expect(delivered + duplicates + declared).toBeLessThanOrEqual(result.packets);
    expect(result.settings["processMonitor"]).toMatch(/^asked for: ebpf; runs: \S/);
    expect(problems).toEqual([]);
    expect(await firewall()).toEqual(before);
  });
});
