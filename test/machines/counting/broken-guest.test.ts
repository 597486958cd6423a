/** `tare count` in real guests that break: what it says and how it ends. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { lackingFor } from "./at-hand.ts";
import { type Ended, tare } from "../../support/tare-command.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

/** An agent that does as `script` says once its guest starts it. */
const agentThat = (name: string, script: string): string => {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(join(folder, `${name}.sh`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(
    file,
    `id: ${name}
title: breaks its guest
observes: [file]
blind-spots: [everything]
overload: drops
start: { command: ["{{here}}/${name}.sh"] }
ready: { output: stderr, pattern: ^ready, seconds: 20 }
events: [{ output: stdout, file: text }]
stop: { signals: [SIGTERM], grace-seconds: 1 }
`,
  );
  return file;
};

const count = (...args: readonly string[]): Ended =>
  tare([
    "count",
    ...args,
    ..."--scenarios file-open --operations 10 --seeds 1 --no-setup --out".split(" "),
    join(folder, `run-${Date.now()}`),
  ]);

const needGuests = async (ctx: TestContext): Promise<void> => {
  const lacking = await lackingFor("amd64");
  ctx.skip(lacking.length > 0, `no guest can be made without a network: ${lacking.join(", ")} not here`);
};

test("a kernel that panics ends the count with the kernel's last words", async (ctx) => {
  await needGuests(ctx);
  const file = agentThat("panics", "echo c >/proc/sysrq-trigger");
  const { status, stderr } = count("--agents", "panics", "--agent-file", file);
  expect(stderr).toContain("panicked: sysrq triggered crash");
  expect(status).toBe(4);
});

test("an agent that takes more memory than there is asks for --memory", async (ctx) => {
  await needGuests(ctx);
  const file = agentThat("hungry", "exec dd if=/dev/zero of=/dev/null bs=800M count=1");
  const { status, stderr } = count("--agents", "hungry", "--agent-file", file, "--memory", "256");
  expect(stderr).toMatch(/out of memory|oom-kill/i);
  expect(stderr).toContain("--memory");
  expect(status).toBe(4);
});

test("a guest that is not done in time is stopped, and says how far it came", async (ctx) => {
  await needGuests(ctx);
  const { status, stderr } = count("--agents", "sensor", "--time-limit", "2s");
  expect(stderr).toContain("was not done after 2 s and was stopped");
  expect(stderr).toContain("--time-limit");
  expect(status).toBe(4);
});
