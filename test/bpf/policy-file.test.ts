/** What the sensor's reader takes as a policy, beside the JSON Schema that users' editors check with, under sanitizers. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { ROOT, SENSOR } from "./sensor.ts";

const folder = temporaryFolder();
const fitsSchema = new Ajv().compile(
  JSON.parse(readFileSync(join(ROOT, "bpf/policy.schema.json"), "utf8")) as object,
);

const PROGRAM = join(ROOT, "build/test/policy-check");
const REFUSED = 2;

const buildReader = (): void => {
  mkdirSync(join(ROOT, "build/test"), { recursive: true });
  const sources = [
    join(import.meta.dirname, "fixtures/policy-check.c"),
    ...["loader/policy.c", "loader/family.c", "output/message.c"].map((name) => join(ROOT, "bpf", name)),
  ];
  const flags = [
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-I",
    join(ROOT, "bpf/loader"),
  ];
  execFileSync("cc", ["-std=gnu11", ...flags, ...sources, "-lbpf", "-lelf", "-lz", "-lyaml", "-o", PROGRAM], {
    stdio: "pipe",
  });
};

/** How reading each text ended: 0 taken, 2 refused. */
const readAll = (texts: readonly string[]): readonly number[] => {
  const paths = texts.map((text, index) => {
    const path = join(folder, `policy-${index}.yaml`);
    writeFileSync(path, text);
    return path;
  });
  const ran = spawnSync(PROGRAM, paths, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0:exitcode=99" },
  });
  expect(ran.stderr).not.toContain("Sanitizer");
  return ran.stdout.trim().split("\n").map(Number);
};

const check = (text: string): { readonly status: number | null; readonly said: string } => {
  const path = join(folder, "policy.yaml");
  writeFileSync(path, text);
  const ran = spawnSync(SENSOR, ["--check", "--policy", path], { encoding: "utf8" });
  return { status: ran.status, said: ran.stderr };
};

beforeEach((context) => {
  context.skip(OBSTACLE !== undefined, OBSTACLE);
});

test("a policy with everything in it is taken", () => {
  const text = `
processes: { uids: [0, 1000], cgroups: [/], trees: [1] }
exec: { paths: [/tmp/, /dev/shm/] }
file: { paths: [/etc/passwd] }
write: { paths: [/etc/] }
rename: { paths: [/etc/] }
delete: { paths: [/etc/] }
network: { ports: [22, 443], addresses: [10.0.0.0/8, 192.168.1.1, "2001:db8::/32", "::1"] }
accept: { ports: [22] }
deny: { exec: { paths: [/tmp/evil] }, file: { paths: [/etc/shadow] } }
rate: 5000
`;
  expect(fitsSchema(parse(text))).toBe(true);
  expect(check(text)).toEqual({ status: 0, said: "" });
});

test.each([
  ["exec:\n  paths: []", /:2: paths is an empty list/],
  ["exec:\n  pathz: [/a]", /:2: this family knows no "pathz"/],
  ["exec:\n  paths:\n    - /fine\n    - tmp", /:4: the path "tmp" does not begin with \//],
  [`exec: { paths: [/${"x".repeat(128)}] }`, /:1: a path of 129 bytes, more than 128/],
  ["network:\n  ports: [70000]", /:2: a port "70000" is not a whole number from 1 to 65535/],
  ["network: { addresses: [10.0.0.0/33] }", /"10\.0\.0\.0\/33" is no address such as/],
  ["network: { addresses: [10.0.0.0/] }", /is no address/],
  ["network: { addresses: [10.0.0.0/4294967304] }", /:1: "10\.0\.0\.0\/4294967304" is no address such as/],
  ["network: { addresses: [10.0.0.0/99999999999999999999] }", /is no address/],
  ["network: { addresses: ['::/18446744073709551680'] }", /is no address/],
  ["network: { addresses: [example.org] }", /is no address/],
  ["processes: { cgroups: [/no-such-cgroup] }", /there is no cgroup "\/no-such-cgroup"/],
  ["processes: { uids: [-1] }", /a uid "-1" is not a whole number/],
  ["deny: { exec: { paths: [/] } }", /denying "\/" could take the node down/],
  ["deny: { file: { paths: [/a/] } }", /at least 4 bytes/],
  ["deny: { network: {} }", /deny knows no "network"/],
  ["rate: 5\ndeny: {}", /:2: deny is empty, which asks nothing/],
  ["processes: {}", /:1: processes is empty/],
  ["exec: {}", /:1: this family is empty/],
  ["deny:\n  exec: {}", /:2: this part of deny is empty/],
  ["{}", /:1: a policy is empty/],
  ["rate: 5\n---\nrate: 6", /:3: a second document begins here/],
  ["rate: 5\n...\nfile: [", /:\d+: did not find expected/],
  ['file:\n  paths: ["/a\\0b"]', /:2: a path "\/a\.\.\." holds a NUL/],
  ['"rate\\0": 5', /:1: a key "rate\.\.\." holds a NUL/],
  [
    "deny:\n  file:\n    paths: [/etc]",
    /:3: denying "\/etc" denies all of \/etc\/, which could take the node down/,
  ],
  ["deny: { file: { paths: [/fine/, /usr/] } }", /denying "\/usr\/" denies all of \/usr\/bin\//],
  ["deny: { exec: { paths: [/usr/b] } }", /denying "\/usr\/b" denies all of \/usr\/bin\//],
  ["deny: { file: { paths: [//etc/shadow] } }", /"\/\/etc\/shadow" has an empty step/],
  ["deny: { file: { paths: [/etc/../etc] } }", /has an empty step, \. or \.\./],
  [
    "processes: { cgroups: [/a/b/c/d/e/f/g/h] }",
    /"\/a\/b\/c\/d\/e\/f\/g\/h" is 8 levels below the root, .* no deeper than 7/,
  ],
  ["processes: { cgroups: [/a/../b] }", /the cgroup "\/a\/\.\.\/b" has an empty step/],
  ["rate: fast", /rate "fast" is not a whole number/],
  ["rate: 0", /rate "0" is not a whole number from 1/],
  ["rate: [1]", /rate is not a single value/],
  ["privilege: {}", /a policy knows no "privilege"/],
  ["rate: 5\nrate: 6", /:2: "rate" comes twice/],
  [`file: { paths: [${"/a, ".repeat(65)}] }`, /paths has 65 items, more than 64/],
  ["- exec", /a policy is not a mapping/],
  ["exec: [", /did not find expected/],
  ["", /the policy is empty/],
])("%j is refused with line and reason, before anything attaches", (text, expected) => {
  const { status, said } = check(text);
  expect(said).toMatch(expected);
  expect(said).toMatch(/policy\.yaml:\d+: /);
  expect(status).toBe(REFUSED);
});

test("every start of a system directory is refused, by the schema as well, and what is in one is taken", () => {
  const source = readFileSync(join(ROOT, "bpf/loader/policy.c"), "utf8");
  const [, listed = ""] = /SYSTEM_DIRECTORIES\[\] = \{([^}]*)\}/.exec(source) ?? [];
  const starts = [...listed.matchAll(/"([^"]*)"/g)].flatMap(([, directory = ""]) =>
    Array.from({ length: directory.length - 3 }, (_, index) => directory.slice(0, 4 + index)),
  );
  expect(starts).toContain("/etc");
  buildReader();
  const denying = (path: string): string => stringify({ deny: { file: { paths: [path] } } });
  expect(new Set(readAll(starts.map(denying)))).toEqual(new Set([REFUSED]));
  expect(starts.filter((path) => fitsSchema(parse(denying(path))))).toEqual([]);
  const inside = ["/etc/shadow", "/etcfoo", "/tmp/", "/dev/shm/", "/home/", "/usr/local/", "/usr/bin/nc"];
  expect(inside.map((path) => fitsSchema(parse(denying(path))))).toEqual(inside.map(() => true));
  expect(readAll(inside.map(denying))).toEqual(inside.map(() => 0));
});

test("a cgroup as deep as the kernel side looks is taken, one that is deeper is refused though it exists", (context) => {
  const mount =
    /^cgroup2? (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1] ?? "/sys/fs/cgroup";
  const levels = Number(
    /^#define MAX_CGROUP_LEVELS (\d+)$/m.exec(readFileSync(join(ROOT, "bpf/kernel/event.h"), "utf8"))?.[1],
  );
  // The root is one of them.
  const steps = Array.from({ length: levels }, (_, level) => `tare-test-${process.pid}-${level}`);
  const paths = steps.map((_, level) => `/${steps.slice(0, level + 1).join("/")}`);
  try {
    try {
      mkdirSync(join(mount, paths.at(-1) ?? ""), { recursive: true });
    } catch (error) {
      return context.skip(`no cgroup can be made below ${mount}: ${String(error)}`);
    }
    const deepest = check(`processes: { cgroups: [${paths.at(-2) ?? ""}] }`);
    expect(deepest).toEqual({ status: 0, said: "" });
    const deeper = check(`processes: { cgroups: [${paths.at(-1) ?? ""}] }`);
    expect(deeper.said).toContain(`is ${levels} levels below the root`);
    expect(deeper.status).toBe(REFUSED);
  } finally {
    for (const path of paths.toReversed()) if (existsSync(join(mount, path))) rmdirSync(join(mount, path));
  }
});

test("a file that is not there", () => {
  const ran = spawnSync(SENSOR, ["--output", "none", "--policy", "/no/such.yaml"], { encoding: "utf8" });
  expect(ran).toMatchObject({ status: REFUSED });
  expect(ran.stderr).toContain("--policy /no/such.yaml: No such file");
});

const count = fc.oneof(
  fc.integer({ min: -2, max: 70_000 }),
  fc.constantFrom(1, 65_535, 4_294_967_295, 10_000_001),
);
const path = fc.oneof(
  fc.constantFrom("/", "/etc/", "/etc", "/usr/b", "/etc/shadow", "//etc", "/etc/./a", "/...", "tmp"),
  fc.constantFrom(`/${"x".repeat(127)}`, `/${"x".repeat(128)}`, "/a\0b", "/a\nb"),
  fc.string(),
);
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> => fc.array(item, { maxLength: 3 });
const part = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record(shape, { requiredKeys: [] });
/** Policies that nearly fit. Addresses and cgroups are left out, which a schema cannot judge. */
const nearly = part({
  processes: part({ uids: list(count), trees: list(count) }),
  exec: part({ paths: list(path) }),
  file: fc.oneof(part({ paths: list(path) }), fc.constantFrom(null, "x", [])),
  network: part({ ports: list(count), odd: fc.constant(1) }),
  accept: part({ ports: list(count) }),
  deny: part({ exec: part({ paths: list(path) }), file: part({ paths: list(path) }) }),
  rate: count,
});

describe("the reader", () => {
  test("takes what the schema takes, and nothing else", () => {
    buildReader();
    fc.assert(
      fc.property(fc.array(nearly, { minLength: 50, maxLength: 80 }), (policies) => {
        // A string of digits is a number to one and not to the other; quoted text is compared in the cases above.
        const told = policies.map((policy) => stringify(policy));
        const taken = readAll(told).map((status) => status === 0);
        expect(taken).toEqual(told.map((text) => fitsSchema(parse(text))));
      }),
      { numRuns: 10 },
    );
  });

  test("refuses or takes any text, and never falls over it", () => {
    buildReader();
    const mangled = fc.tuple(nearly, fc.nat(200), fc.string({ maxLength: 6 })).map(([policy, at, text]) => {
      const whole = stringify(policy);
      return whole.slice(0, at) + text + whole.slice(at);
    });
    fc.assert(
      fc.property(fc.array(mangled, { minLength: 50, maxLength: 80 }), (texts) => {
        for (const status of readAll(texts)) expect([0, REFUSED]).toContain(status);
      }),
      { numRuns: 10 },
    );
  });
});
