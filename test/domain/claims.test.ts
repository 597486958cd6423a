/** Techniques are told apart, and what a data sheet claims of them is told once. */
import { expect, test } from "vitest";
import { blindSpotsOf, type Claim, claimFor } from "../../src/domain/claim.ts";
import { DEEDS, GROUPS } from "../../src/domain/technique.ts";
import { techniqueOf, TECHNIQUES } from "../../src/domain/techniques/all.ts";

test("every technique has an id of its own, fits a token, and is of a known group and deed", () => {
  const ids = TECHNIQUES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeLessThanOrEqual(100);
  for (const { group, deed, id } of TECHNIQUES) {
    expect(Object.keys(GROUPS)).toContain(group);
    expect(DEEDS).toContain(deed);
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    // A terminal has so much room beside fourteen agents.
    expect(id.length).toBeLessThanOrEqual(20);
  }
});

const technique = (id: string) => {
  const found = techniqueOf(id);
  if (found === undefined) throw new Error(`no technique ${id}`);
  return found;
};

const URING: Claim = { of: ["open-io-uring"], claimed: "nothing", why: "io_uring" };
const FEXIT: Claim = {
  of: ["open-32-bit-call"],
  claimed: "nothing",
  why: "32-bit calls",
  when: ({ hooks }) => hooks !== "fexit",
};

test.each([
  ["open-openat", {}, { claimed: "right", why: null }],
  ["open-io-uring", {}, { claimed: "nothing", why: "io_uring" }],
  ["open-32-bit-call", { hooks: "tracepoint" }, { claimed: "nothing", why: "32-bit calls" }],
  ["open-32-bit-call", { hooks: "fexit" }, { claimed: "right", why: null }],
  ["exec-path", {}, { claimed: "nothing", why: null }],
  ["change-write", {}, { claimed: "nothing", why: null }],
] as const)("of %s with %j an agent that observes files claims %j", (id, settings, expected) => {
  const agent = { observes: ["file"], coverage: { claims: [URING, FEXIT] } } as const;
  expect(claimFor(agent, technique(id), settings)).toEqual(expected);
});

test("blind spots are what is claimed not to be right, and the notes, each once", () => {
  const seen: Claim = { of: ["kernel-bpf"], claimed: "right", why: "its rule names bpf" };
  expect(blindSpotsOf({ claims: [URING, URING, seen], notes: ["failed execs"] })).toEqual([
    "io_uring",
    "failed execs",
  ]);
  expect(blindSpotsOf({ notes: ["failed execs"] })).toEqual(["failed execs"]);
});
