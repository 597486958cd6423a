/** What agents were seen to see, kept beside what is there of others. */
import { expect, test } from "vitest";
import { merged, seenPage } from "../../scripts/seen-page.ts";

const KEPT: Parameters<typeof merged>[0] = {
  system: "Debian GNU/Linux 12",
  architecture: "x86_64",
  kernel: "6.18",
  emulated: false,
  on: "2026-11-29",
  agents: [
    { id: "auditd@blocking", version: "3.0.9" },
    { id: "auditd@shipped", version: "3.0.9" },
    { id: "sensor", version: "0.1.0" },
  ],
  told: { "exec-path": "+-+", "kernel-kexec": "xxx" },
  notDone: [{ technique: "kernel-kexec", under: [], why: "ENOSYS" }],
};

const SINCE: typeof KEPT = {
  ...KEPT,
  on: "2026-11-30",
  agents: [
    { id: "falco@everything", version: "0.44.1" },
    { id: "sensor", version: "0.2.0" },
  ],
  told: { "exec-path": "~-", "kernel-kexec": "xx" },
  untried: [{ agent: "auditd@shipped", why: "not counted" }],
};

test("what was tried again is replaced, what became no question is told, and all else stays", () => {
  expect(merged(KEPT, SINCE)).toEqual({
    ...KEPT,
    agents: [
      { id: "auditd@blocking", version: "3.0.9" },
      { id: "falco@everything", version: "0.44.1", on: "2026-11-30" },
      { id: "sensor", version: "0.2.0", on: "2026-11-30" },
    ],
    told: { "exec-path": "+~-", "kernel-kexec": "xxx" },
    untried: [{ agent: "auditd@shipped", why: "not counted" }],
  });
  expect(seenPage([merged(KEPT, SINCE)])).toContain("- `auditd@shipped`: not counted");
});

test("what was not done under some alone is told of these", () => {
  const done = { ...SINCE, told: { "exec-path": "~-", "kernel-kexec": "++" }, notDone: [] };
  expect(merged(KEPT, done)).toMatchObject({
    told: { "kernel-kexec": "x++" },
    notDone: [{ technique: "kernel-kexec", under: ["auditd@blocking"], why: "ENOSYS" }],
  });
});

test("another node's is refused", () => {
  expect(() => merged(KEPT, { ...SINCE, kernel: "6.1" })).toThrow("kernel is 6.1, and there 6.18");
});
