/** Which CPUs a run may use: a node's are not always 0 to n-1, and not all of them are everybody's. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCpuList } from "../../src/domain/cpu-list.ts";
import { allowedCpus, usableCpus } from "../../src/host/cpus.ts";
import { ROOT } from "../support/agent-session.ts";

const maskOf = (list: string): string =>
  `Name:\tnode\nCpus_allowed:\tf0\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;

test.each([
  ["a container with four of them", "4-7", "0-7\n", 4, [4, 5, 6, 7]],
  ["siblings switched off", "0-7", "0,2,4,6\n", 4, [0, 2, 4, 6]],
  ["isolated ones left out", "0-1,6-7", "0-7\n", 4, [0, 1, 6, 7]],
  ["a machine that could have had 128", "0-127", "0-3\n", 4, [0, 1, 2, 3]],
  ["one alone", "3", "0-3\n", 1, [3]],
  ["bound to two, of which one is switched off", "1-2", "0-1,3\n", 1, [1]],
  ["a quota of one CPU on four", "0-7", "0-3\n", 1, [0, 1, 2, 3]],
  ["an LXC container that counts its own from 0", "8-9", "0-1\n", 2, [8, 9]],
  ["an LXC container of which one has its own number", "1,5", "0-1\n", 2, [1, 5]],
  ["a kernel that tells no online ones", "1,3", "", 2, [1, 3]],
])("%s", (_, allowed, online, atLeast, found) => {
  expect(allowedCpus(maskOf(allowed), online, atLeast)).toEqual(found);
});

test.each(["\n", "5-2\n", "0-18446744073709551616\n", "4294967295\n"])(
  "a list that is none holds no CPU: %j",
  (list) => {
    expect(parseCpuList(list)).toEqual([]);
  },
);

test("this process may run on those that it finds", () => {
  const own = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).stdout;
  expect(usableCpus()).toEqual(parseCpuList(own.split(": ").at(-1) ?? ""));
});

test.each(usableCpus().map((cpu) => [cpu]))("a process that is bound to CPU %i finds that one", (cpu) => {
  const program = `import { usableCpus } from ${JSON.stringify(join(ROOT, "src/host/cpus.ts"))}; console.log(JSON.stringify(usableCpus()));`;
  const bound = spawnSync(
    "taskset",
    ["-c", String(cpu), process.execPath, "--input-type=module-typescript", "-e", program],
    { encoding: "utf8" },
  );
  expect(JSON.parse(bound.stdout)).toEqual([cpu]);
});
