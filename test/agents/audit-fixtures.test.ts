/** Captured output of real agents: what a run would count in it. Versions are in the files' names; see fixtures/README.md. */
import { expect, test } from "vitest";
import { tallyFixture } from "../support/tally-fixture.ts";

const WINDOW = { trial: "0a51", operations: 2 } as const;
const SIX = { trial: "0a51", operations: 6 } as const;
const DELIVERED = { delivered: 2, duplicates: 0, foreign: 0 } as const;

test.each([
  ["auditd-3.0.9.log", "exec", { kind: "text" }],
  ["auditd-3.0.9.log", "file", { kind: "text" }],
  ["auditd-3.0.9.log", "network", { kind: "sockaddr", before: "saddr=" }],
  ["laurel-0.5.1.jsonl", "exec", { kind: "text" }],
  ["laurel-0.5.1.jsonl", "file", { kind: "text" }],
  ["laurel-0.5.1.jsonl", "network", { kind: "ipv4", before: '"addr":"' }],
  ["bpftrace-0.17.0.out", "exec", { kind: "text" }],
  ["bpftrace-0.17.0.out", "file", { kind: "text" }],
  ["bpftrace-0.17.0.out", "network", { kind: "ipv4", before: "addr=" }],
] as const)("%s tells of two %s operations", (name, family, form) => {
  expect(tallyFixture(name, { form, family, ...WINDOW })).toMatchObject(DELIVERED);
});

test.each([
  ["auditd-3.0.9-high-value.log", { kind: "hex" }],
  ["bpftrace-0.17.0-high-value.out", { kind: "text" }],
] as const)("%s has each of the six techniques", (name, form) => {
  const techniques = Array.from({ length: 6 }, () => true);
  const spec = { form, family: "high-value", techniques, ...SIX } as const;
  expect(tallyFixture(name, spec)).toMatchObject({
    delivered: 6,
    byTechnique: [1, 1, 1, 1, 1, 1],
    duplicates: 0,
  });
});
