import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Rooms whose tests are data in, data out. A test there that starts a process fails: `test/setup/no-processes.ts`. */
const PURE_ROOMS = ["analyse", "count", "domain", "observe", "plan", "record", "report"];
/** Tests that trace the kernel, run a real workload under an agent, boot guests, or look at all processes of the node. */
const KERNEL = [
  "test/agents/{audit-check,calibration,contract,dead-owner,declared-loss,fapolicyd,high-value-policies,opensnitch,snoopy}.test.ts",
  "test/attach/{audit-rules,auditd-unit,container,daemonset,systemd}.test.ts",
  "test/bpf/!(command|cpus|format|policy-file).test.ts",
  "test/e2e/{coverage,honesty,k8s-node,ladder,load,policy,run,scale}.test.ts",
  "test/run/{agent-limits,crowd,storm}.test.ts",
  "test/security/on-the-node.test.ts",
  "test/faults/{faults,load,outside,self-bench}.test.ts",
  "test/machines/counting/{broken-guest,kept-count}.test.ts",
  "test/session/audit-owner.test.ts",
  "test/scenarios/{command,coverage,file-changes,folder,high-value,link-pool,open-loop,protocol,tokens,victim,workers}.test.ts",
];
const PURE = [
  ...PURE_ROOMS.map((room) => `test/${room}/**/*.test.ts`),
  "test/k8s/{bench,conductor,objects,watch}/**/*.test.ts",
  "test/architecture.test.ts",
  "test/schemas.test.ts",
];

// vitest would leave one CPU to itself, which waits while the tests run.
const TOGETHER = { maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } };

export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Waits for programs end when they are met; a machine that stands still for seconds fails none of them.
    expect: { poll: { timeout: 30_000 } },
    // Half of what a short tare takes is reading its own sources, which Node then keeps.
    env: {
      NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/tare-test"),
      TARE_TEST_RUN: String(process.pid),
    },
    // Tests clean up behind themselves; a process for each file would cost more than most files take.
    isolate: false,
    coverage: {
      provider: "v8",
      include: PURE_ROOMS.map((room) => `src/${room}/**/*.ts`),
      reporter: ["text", "json-summary"],
      thresholds: Object.fromEntries(PURE_ROOMS.map((room) => [`src/${room}/**`, { lines: 95 }])),
    },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: PURE,
          setupFiles: ["test/setup/file-handles.ts", "test/setup/no-processes.ts"],
          globalSetup: ["test/setup/folders.ts", "test/setup/shared-browser.ts"],
          ...TOGETHER,
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: ["test/**/*.test.ts"],
          exclude: [...PURE, ...KERNEL],
          env: { TARE_TEST_PROJECT: "processes" },
          setupFiles: ["test/setup/file-handles.ts"],
          globalSetup: ["test/setup/folders.ts", "test/setup/build.ts"],
          ...TOGETHER,
        },
      },
      {
        extends: true,
        test: {
          name: "kernel",
          include: KERNEL,
          setupFiles: ["test/setup/file-handles.ts"],
          globalSetup: ["test/setup/folders.ts", "test/setup/build.ts"],
          // What else runs on the node can spoil a measurement; a second try is named at the end (docs/adr/0041).
          retry: 1,
          // Two at once would see each other.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
