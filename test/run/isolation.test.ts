/** Namespaces of the run's own: who is inside, that nothing gets out, and that they are gone afterwards whatever happens. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Agent, defineAgent, type Namespace } from "../../src/domain/agent.ts";
import { createHost } from "../../src/host/host.ts";
import { openNamespaces } from "../../src/run/isolation.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { WATCHER, fakeRun } from "./fake-run.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const { signal } = new AbortController();

const ISOLATED: Agent = defineAgent({ ...WATCHER, id: "isolated", isolation: ["network", "mount"] });
const START = /^start /;
const HOLDER = /^start unshare --net --mount --propagation private sh -c ip link set lo up && /;
const ENTERED = /^start nsenter --target=\d+ --net --mount -- /;

describe("a run with an agent that needs isolation", () => {
  const run = fakeRun({ agents: [WATCHER, ISOLATED] });

  test("has it in the plan, once for all turns", () => {
    expect(run.plan.isolation).toEqual(["network", "mount"]);
    expect(fakeRun().plan).not.toHaveProperty("isolation");
  });

  test("gives every turn fresh namespaces, in which all of its workload runs", async () => {
    await run.run();
    const started = run.host.done.filter((step) => START.test(step));
    expect(started.filter((step) => HOLDER.test(step))).toHaveLength(4); // two agents, two baselines
    const workload = started.filter((step) => step.includes("/build/scenarios/"));
    expect(workload).toHaveLength(8); // a sentinel and an event alone for each agent, a trial for each turn
    expect(workload.filter((step) => ENTERED.test(step))).toEqual(workload);
  });

  test("leaves agents outside that do not ask for it, and takes those in that do", () => {
    const watchers = run.host.done.filter((step) => START.test(step) && step.endsWith("watcher"));
    expect(watchers.filter((step) => !ENTERED.test(step))).toEqual(["start watcher"]);
    expect(watchers.filter((step) => ENTERED.test(step))).toHaveLength(1);
  });

  test("ends the namespaces after everything in them", () => {
    const stops = run.host.done.filter((step) => /^(stop|undo)/.test(step));
    const afterHolders = stops.filter((_, at) => stops[at - 1] === "stop unshare");
    expect(afterHolders).toEqual(Array<string>(4).fill("undo directory /s/tare-1/agent"));
  });
});

test("a node that refuses namespaces fails the turn, with what was said", async () => {
  const said = "unshare: unshare failed: Operation not permitted";
  const host = new FakeHost({
    onStart: (process, fake) => {
      fake.files.set("/err", `${said}\n`);
      process.end({ code: 1, signal: null });
    },
  });
  await expect(
    openNamespaces(host, host.effects.scope("turn"), ["mount"], { stderr: "/err", signal }),
  ).rejects.toMatchObject({
    stage: "isolate",
    message: `mount namespaces cannot be made here (exit status 1): ${said}`,
    lastLines: [said],
  });
});

const needsRoot = process.getuid?.() === 0 ? undefined : "namespaces need root";
const namespaceOf = (pid: number | "self", kind: string): string => readlinkSync(`/proc/${pid}/ns/${kind}`);
const BOTH: readonly Namespace[] = ["network", "mount"];

describe("on the real kernel", () => {
  test("has a loopback network and mounts of its own, which the node does not see and which end with it", async (ctx) => {
    ctx.skip(needsRoot !== undefined, needsRoot);
    const place = join(folder, "tare-real");
    mkdirSync(join(place, "over"), { recursive: true });
    const host = createHost({ root: ROOT, journalDirectory: join(place, "journal") });
    const scope = host.effects.scope("turn");
    const opened = await openNamespaces(host, scope, BOTH, { stderr: join(place, "err"), signal });
    const run = async (...command: readonly string[]): Promise<string> => {
      const [first = "", ...rest] = opened.inside(command);
      const done = await host.run(first, rest);
      expect(done.stderr).toBe("");
      return done.stdout.trim();
    };
    expect(await run("readlink", "/proc/self/ns/net")).not.toBe(namespaceOf("self", "net"));
    expect(await run("readlink", "/proc/self/ns/mnt")).not.toBe(namespaceOf("self", "mnt"));
    expect(await run("ip", "-brief", "link")).toMatch(/^lo .*LOOPBACK,UP/);
    expect((await run("ip", "-brief", "link")).split("\n")).toHaveLength(1);
    await run("mount", "-t", "tmpfs", "tare-isolation", join(place, "over"));
    await run("touch", join(place, "over/seen"));
    expect(await run("ls", join(place, "over"))).toBe("seen");
    expect(existsSync(join(place, "over/seen"))).toBe(false);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("tare-isolation");
    // Files are shared: what an agent writes inside is read outside.
    await run("touch", join(place, "event"));
    expect(existsSync(join(place, "event"))).toBe(true);
    expect(await scope.undo()).toEqual([]);
    const [first = "", ...rest] = opened.inside(["true"]);
    expect((await host.run(first, rest)).exitCode).not.toBe(0);
  });

  test("ends by itself when tare is killed, with everything mounted in it", async (ctx) => {
    ctx.skip(needsRoot !== undefined, needsRoot);
    const place = join(folder, "tare-killed");
    mkdirSync(place, { recursive: true });
    const code = `
      const { createHost } = await import(${JSON.stringify(join(ROOT, "src/host/host.ts"))});
      const { openNamespaces } = await import(${JSON.stringify(join(ROOT, "src/run/isolation.ts"))});
      const host = createHost({ root: ${JSON.stringify(ROOT)}, journalDirectory: ${JSON.stringify(join(place, "journal"))} });
      const { inside } = await openNamespaces(host, host.effects.scope("turn"), ["network", "mount"], {
        stderr: ${JSON.stringify(join(place, "err"))}, signal: new AbortController().signal });
      console.log(inside(["true"])[1].replace("--target=", ""));
      setInterval(() => {}, 1000);`;
    const tare = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const holder = Number(
      await new Promise<string>((told) => {
        tare.stdout.once("data", (bytes: Buffer) => {
          told(bytes.toString());
        });
      }),
    );
    expect(namespaceOf(holder, "mnt")).not.toBe(namespaceOf("self", "mnt"));
    tare.kill("SIGKILL");
    for (let tries = 0; tries < 100 && existsSync(`/proc/${holder}`); tries += 1) await sleep(50);
    expect(existsSync(`/proc/${holder}`)).toBe(false);
  });
});
