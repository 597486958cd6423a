/** `--policy`: which agents it makes, what becomes of names and of many rules, and what is refused before anything is started. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TareError } from "../../src/domain/errors.ts";
import { list, readText } from "../../src/host/files.ts";
import { choosePolicies, loadPolicies, MAX_EACH } from "../../src/session/policies.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const rulesOf = (...keys: readonly string[]): string =>
  keys.map((key) => `-w /etc/${key} -k ${key}\n`).join("");

/** Files of the real disk, and nothing else of the node. */
const host = Object.assign(new FakeHost(), { list, readText });

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const load = (...given: readonly string[]) => loadPolicies(host, given, false);

const refused = async (...given: readonly string[]): Promise<string> => {
  try {
    await load(...given);
  } catch (error) {
    const { kind, message, hint } = error as TareError;
    return `${kind}: ${message} (${hint})`;
  }
  return "accepted";
};

const idsOf = (agents: readonly { readonly id: string }[]): readonly string[] => agents.map(({ id }) => id);

describe("files", () => {
  test("given for one agent are one policy, in their order", async () => {
    const [policy, ...others] = await load(
      `auditd=${file("1.rules", rulesOf("b"))}`,
      `auditd=${file("2.rules", rulesOf("a"))}`,
    );
    expect(others).toEqual([]);
    expect(idsOf(policy?.agents ?? [])).toEqual([
      "auditd@policy",
      "auditd@policy-none",
      "auditd@policy-b",
      "auditd@policy-a",
    ]);
  });

  test("of a folder are taken by their names; what is hidden, or is no policy, is not", async () => {
    const rules = join(folder, "rules.d");
    mkdirSync(rules);
    writeFileSync(join(rules, "20-b.rules"), rulesOf("b"));
    writeFileSync(join(rules, "10-a.rules"), rulesOf("a"));
    writeFileSync(join(rules, ".hidden.rules"), "-R /etc/passwd\n");
    writeFileSync(join(rules, "README"), "not a rule\n");
    const [policy] = await load(`auditd=${rules}`);
    expect(idsOf(policy?.agents ?? [])).toEqual([
      "auditd@policy",
      "auditd@policy-none",
      "auditd@policy-a",
      "auditd@policy-b",
    ]);
  });

  test("a path may hold an equals sign", async () => {
    expect(await load(`auditd=${file("a=b.rules", rulesOf("a"))}`)).toHaveLength(1);
  });

  test("of another text are another version, wherever the text is cut into files", async () => {
    const probed = async (...texts: readonly string[]) => {
      const given = texts.map((text, index) => `sensor=${file(`digest-${index}.yaml`, text)}`);
      const [policy] = await load(...given);
      const path = "/tare/build/bpf/tare-sensor";
      const node = new FakeHost({ programs: { [path]: path }, files: { "/sys/kernel/btf/vmlinux": "x" } });
      const probe = await policy?.agents[0]?.probe(node);
      return probe?.kind === "available" ? /, ([0-9a-f]{8})\)$/.exec(probe.version)?.[1] : probe?.reason;
    };
    const versions = [
      await probed("file: { paths: [/a] }\n"),
      await probed("file: { paths: [/b] }\n"),
      await probed("file: { paths: [/a] }\n", "rate: 5\n"),
    ];
    expect(new Set(versions).size).toBe(3);
    expect(versions[0]).toMatch(/^[0-9a-f]{8}$/);
  });

  test("that lead elsewhere become no path of tare's: the names of rules are letters, digits and hyphens", async () => {
    const name = "..%2f..%2fetc;$(reboot).yaml";
    const link = join(folder, name);
    symlinkSync(file("target.yaml", "file: { paths: [/etc/] }\n"), link);
    const [policy] = await load(`sensor=${link}`, `sensor=${file("other.yaml", "rate: 5\n")}`);
    expect(idsOf(policy?.agents ?? [])).toEqual([
      "sensor@policy",
      "sensor@policy-2f-2fetc-reboot",
      "sensor@policy-other",
    ]);
  });
});

test.each([
  ["no file", "auditd", /^usage: --policy auditd: no AGENT=FILE/],
  ["an empty path", "auditd=", /no AGENT=FILE/],
  [
    "a file that is not there",
    "auditd=/not/there.rules",
    /^usage: cannot read the policy \/not\/there\.rules: ENOENT/,
  ],
  [
    "an agent that takes none",
    "bpftrace=x",
    /^usage: --policy bpftrace=...: bpftrace takes no policy \(those that do: auditd/,
  ],
  ["a misspelt agent", "audit=x", /did you mean "auditd"\?/],
  ["a variant", "auditd@blocking=x", /takes no policy/],
])("%s is refused", async (_, given, said) => {
  expect(await refused(given)).toMatch(said);
});

test.each([
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 1],
  ["Latin-1", Buffer.from("# first\n# caf\u00e9\n", "latin1"), 2],
])("a text in %s is refused, at its line: the agent would get another", async (_, bytes, line) => {
  const file = join(folder, "bytes.rules");
  writeFileSync(file, bytes);
  expect(await refused(`auditd=${file}`)).toContain(
    `bytes.rules:${line}: it is no text in UTF-8 (unpack it, or save it as UTF-8, and try again)`,
  );
});

test("a folder without a policy is refused", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  expect(await refused(`auditd=${empty}`)).toMatch(
    /^usage: .*empty holds no file that is a policy \(their names end in \.rules; folders below/,
  );
});

describe("agents of a run", () => {
  const many = Array.from({ length: MAX_EACH + 1 }, (_, index) => `r${index}`);
  const policiesOf = (...keys: readonly string[]) => load(`auditd=${file("x.rules", rulesOf(...keys))}`);

  test("are the policies alone where no agent is named", async () => {
    const chosen = choosePolicies(await policiesOf("a", "b"), undefined, false);
    expect(idsOf(chosen.agents)).toEqual([
      "auditd@policy",
      "auditd@policy-none",
      "auditd@policy-a",
      "auditd@policy-b",
    ]);
    expect(chosen.others).toBeUndefined();
  });

  test("are the policy's where its agent is named, and tare's own where a variant is", async () => {
    const policies = await policiesOf("a", "b");
    const chosen = choosePolicies(policies, ["sensor", "auditd", "auditd@blocking"], false);
    expect(idsOf(chosen.agents)).toEqual([
      "auditd@policy",
      "auditd@policy-none",
      "auditd@policy-a",
      "auditd@policy-b",
    ]);
    expect(chosen.others).toEqual(["sensor", "auditd@blocking"]);
    expect(choosePolicies(policies, ["all"], false).others).toEqual(["all"]);
  });

  test("are single rules where they are named", async () => {
    const chosen = choosePolicies(await policiesOf("a", "b"), ["auditd@policy-b"], false);
    expect(idsOf(chosen.agents)).toEqual(["auditd@policy-b"]);
    expect(chosen.others).toEqual([]);
  });

  test("do not hold each of many rules unless asked", async () => {
    const policies = await policiesOf(...many);
    expect(choosePolicies(policies, undefined, false)).toMatchObject({
      agents: [{ id: "auditd@policy" }, { id: "auditd@policy-none" }],
      together: [{ of: "auditd", rules: MAX_EACH + 1 }],
    });
    const each = choosePolicies(policies, undefined, true);
    expect(each.agents).toHaveLength(MAX_EACH + 3);
    expect(each.together).toEqual([]);
    expect(idsOf(choosePolicies(policies, ["auditd@policy-r3"], false).agents)).toEqual(["auditd@policy-r3"]);
  });

  test("without the policy's are refused: it would be measured nowhere", async () => {
    const policies = await policiesOf("a");
    expect(() => choosePolicies(policies, ["sensor"], false)).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: "--policy auditd=...: --agents does not name auditd",
        hint: expect.stringContaining("add auditd to --agents") as string,
      }) as Error,
    );
  });
});
