/**
 * bpftrace with one program of tracepoints: what an operator would write to watch execs, opens and connects.
 * Language and environment variables: https://github.com/bpftrace/bpftrace/blob/master/man/adoc/bpftrace.adoc and bpftrace(8).
 */
import { defineAgent } from "../domain/agent.ts";
import type { AgentOutput } from "../domain/agent.ts";
import type { Family } from "../domain/units.ts";
import {
  firstObstacle,
  needsCommand,
  needsRoot,
  needsTracepoint,
  syscallTracepoints,
} from "./shared/obstacle.ts";
import { refuseCutPaths } from "./shared/path-room.ts";
import { perfLoss } from "./shared/perf-loss.ts";
import { versionOf } from "./shared/version.ts";

/** Two strings of an exec and the command's name must fit on a BPF program's stack of 512 bytes. */
const STRING_BYTES = 150;

interface Hook {
  readonly family: Family;
  /** System calls that share the body; those that this machine does not have (arm64 has no open) are left out. */
  readonly calls: readonly string[];
  readonly body: string;
}

const openBody = (field: string): string =>
  `printf("file pid=%d comm=%s path=%s\\n", pid, comm, str(args->${field}));`;

const HOOKS: readonly Hook[] = [
  {
    family: "exec",
    calls: ["execve", "execveat"],
    body: 'printf("exec pid=%d comm=%s file=%s arg1=%s\\n", pid, comm, str(args->filename), str(*(args->argv + 1)));',
  },
  { family: "file", calls: ["open", "openat", "openat2"], body: openBody("filename") },
  { family: "file", calls: ["creat"], body: openBody("pathname") },
  {
    family: "network",
    calls: ["connect"],
    body:
      "$to = (struct tare_sockaddr *)args->uservaddr;\n" +
      // 2 is AF_INET.
      '  if ($to->family == 2) { printf("network pid=%d comm=%s addr=%s\\n", pid, comm, ntop(2, $to->address)); }',
  },
];

/** Own type, so that it needs neither kernel headers nor BTF. */
const SOCKADDR = "struct tare_sockaddr { uint16_t family; uint16_t port; uint32_t address; }\n";

const programFor = (families: readonly Family[], tracepoints: readonly string[]): string => {
  const probes = HOOKS.filter((hook) => families.includes(hook.family)).flatMap(({ calls, body }) => {
    const present = calls.map((call) => `sys_enter_${call}`).filter((name) => tracepoints.includes(name));
    if (present.length === 0) return [];
    return [`${present.map((name) => `tracepoint:syscalls:${name}`).join(",\n")}\n{\n  ${body}\n}\n`];
  });
  return SOCKADDR + probes.join("");
};

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: "addr=" },
};

export default defineAgent({
  id: "bpftrace",
  title: "bpftrace",
  homepage: "https://github.com/bpftrace/bpftrace",
  observes: ["exec", "file", "network"],
  blindSpots: [
    "tells attempts from the system call's entry: failed ones too, and what a later change of the arguments would hide",
    `strings beyond ${STRING_BYTES} bytes are cut`,
    "of the arguments of an exec it shows the first",
    "network: IPv4 only",
    "operations through io_uring",
  ],
  overload: "drops",
  residue: "none",
  packages: ["bpftrace"],
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [
      needsCommand("bpftrace", "bpftrace"),
      needsRoot,
      needsTracepoint("sys_enter_execve"),
      needsTracepoint("sys_enter_openat"),
      needsTracepoint("sys_enter_connect"),
    ]);
    if (obstacle !== undefined) return obstacle;
    const path = (await host.which("bpftrace")) ?? "bpftrace";
    return { kind: "available", version: (await versionOf(host, path)) ?? "unknown", path };
  },
  start: async (host, context) => {
    // The last byte is the string's end.
    refuseCutPaths(context, STRING_BYTES - 1, "bpftrace");
    const program = `${context.directory}/tare.bt`;
    const stdout = `${context.directory}/bpftrace.out`;
    const stderr = `${context.directory}/bpftrace.err`;
    const text = programFor(context.families, await syscallTracepoints(host));
    await host.writeText(program, text);
    const process = await context.launch(
      {
        command: "bpftrace",
        // Into a file it would otherwise hold lines back until a block is full.
        args: ["-B", "line", program],
        // The first name up to 0.20, the second from 0.21 on.
        env: { BPFTRACE_STRLEN: String(STRING_BYTES), BPFTRACE_MAX_STRLEN: String(STRING_BYTES) },
        stdout,
        stderr,
      },
      { signals: ["SIGINT", "SIGTERM"], graceMs: 8000 },
    );
    const forms = Object.fromEntries(context.families.map((family) => [family, FORMS[family]]));
    return {
      processes: [process],
      outputs: [{ path: stdout, forms }],
      logs: [stderr],
      settings: {
        command: "bpftrace -B line tare.bt",
        program: text,
        stringBytes: String(STRING_BYTES),
        perfBuffer: "the default of this version (64 pages a CPU in 0.17)",
        filter: "none",
      },
    };
  },
  declaredLoss: async (host, running) => {
    const output = running.outputs[0];
    // It reports a loss where it prints events, not on standard error.
    return await perfLoss(host, running, output?.path ?? "");
  },
});
