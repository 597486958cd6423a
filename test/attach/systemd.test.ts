/** A real unit of a real systemd: runs as root where systemd does, for example in a guest (tare vms exec --flavour systemd). */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachedAgent } from "../../src/agents/attached/agent.ts";
import type { AgentContext } from "../../src/domain/agent.ts";
import { createHost } from "../../src/host/host.ts";
import { findCgroup } from "../../src/observe/cgroup.ts";
import { findAttached, withAttached } from "../../src/session/attached.ts";
import type { Session } from "../../src/session/session.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { WORKLOADS } from "../support/workloads.ts";

const NAME = "tare-attach-test";
const FILE = `/run/systemd/system/${NAME}.service`;
const folder = temporaryFolder();
const host = createHost({ root: ROOT, journalDirectory: join(folder, "tare/journal") });
const systemctl = async (...args: readonly string[]): Promise<string> =>
  (await host.run("systemctl", args)).stdout.trim();
const whyNot = (): string | undefined => {
  if (!existsSync("/run/systemd/system")) return "systemd does not run here";
  return host.uid === 0 ? undefined : "it needs root";
};

const warnings: string[] = [];
const context: Pick<Session, "host" | "tell"> = {
  host,
  tell: (event) => {
    if (event.kind === "left") warnings.push(event.problem);
  },
};

const unit = (command: string): void => {
  writeFileSync(FILE, `[Unit]\nDescription=a test of tare's\n[Service]\nExecStart=${command}\n`);
};

beforeAll(async () => {
  if (whyNot() !== undefined) return;
  unit("/bin/sleep 600");
  await systemctl("daemon-reload");
  await systemctl("start", NAME);
});

afterAll(async () => {
  if (whyNot() !== undefined) return;
  await systemctl("stop", NAME);
  rmSync(FILE, { force: true });
  await systemctl("daemon-reload");
});

describe("a real unit", () => {
  test("is stopped for the work, started and stopped by a turn, and runs again afterwards", async (ctx) => {
    const reason = whyNot();
    ctx.skip(reason !== undefined, reason);
    const found = await findAttached(context, [NAME], new Map());
    const [one] = found;
    if (one === undefined) throw new Error("the unit was not found");
    const seen: string[] = [];
    await withAttached(context, found, new AbortController().signal, async () => {
      seen.push(await systemctl("is-active", NAME));
      const effects = host.effects.scope("turn");
      const turn: AgentContext = {
        directory: folder,
        families: [],
        workloads: WORKLOADS,
        watchedDirectory: folder,
        buffers: "usual",
        effects,
        inside: (command) => command,
        launch: () => Promise.reject(new Error("it starts nothing itself")),
        signal: new AbortController().signal,
      };
      const running = await attachedAgent(one.attached, one.remains).start(host, turn);
      seen.push(await systemctl("is-active", NAME));
      expect(running.processes.map(({ pid }) => host.alive(pid))).toEqual([true]);
      const { cpuFile } = await findCgroup(host, running.controlGroup ?? "");
      expect(cpuFile).toMatch(/tare-attach-test\.service\/cpu/);
      expect(await effects.undo()).toEqual([]);
      seen.push(await systemctl("is-active", NAME));
    });
    expect(seen).toEqual(["inactive", "active", "inactive"]);
    expect(await systemctl("is-active", NAME)).toBe("active");
    expect(warnings).toEqual([]);
  });

  test("that does not come up again is told", async (ctx) => {
    const reason = whyNot();
    ctx.skip(reason !== undefined, reason);
    const found = await findAttached(context, [`${NAME}.service`], new Map());
    const broken = withAttached(context, found, new AbortController().signal, async () => {
      unit("/bin/false");
      await systemctl("daemon-reload");
    });
    await expect(broken).rejects.toMatchObject({
      kind: "run-failed",
      message: expect.stringMatching(/tare-attach-test\.service is (failed|inactive), was active/) as string,
    });
  });
});
