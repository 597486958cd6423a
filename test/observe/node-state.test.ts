/** What an agent may leave changed is read before and after; what cannot be read is missing with its reason. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { holdersOf, readNodeState } from "../../src/observe/node-state.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";

const PROGRAMS = { auditctl: "/sbin/auditctl", bpftool: "/sbin/bpftool" };
const LISTED = '[{"id":7,"name":"trace_exec","type":"tracepoint"},{"id":8,"type":"cgroup_skb"}]';

const answer: NonNullable<FakeHostOptions["answer"]> = (command, args) => {
  if (command === "bpftool") return { stdout: LISTED };
  if (args[0] === "-s") return { stdout: "enabled 1\npid 812\nbacklog_limit 64\n" };
  return { stdout: "-a always,exit -S execve\nLIST\n" };
};

describe("the node's state", () => {
  test("is its tracing programs, its audit and its preloaded libraries", async () => {
    const files = { "/etc/ld.so.preload": "/lib/libsnoopy.so\n" };
    expect(await readNodeState(new FakeHost({ programs: PROGRAMS, files, answer }))).toEqual({
      bpf: value([{ id: 7, name: "trace_exec", type: "tracepoint" }]),
      audit: value({
        enabled: 1,
        pid: 812,
        settings: { backlog_limit: "64" },
        rules: ["-a always,exit -S execve"],
      }),
      preload: "/lib/libsnoopy.so",
    });
  });

  test("needs root", async () => {
    expect(await readNodeState(new FakeHost({ uid: 1000, programs: PROGRAMS, answer }))).toEqual({
      bpf: missing("listing BPF programs needs root"),
      audit: missing("reading the audit state needs root"),
      preload: "",
    });
  });

  test("is missing without the programs that tell it, and when they fail", async () => {
    expect(await readNodeState(new FakeHost({ answer }))).toMatchObject({
      bpf: missing("bpftool is not installed"),
      audit: missing("auditctl is not installed"),
    });
    const refusing = { programs: PROGRAMS, answer: () => ({ exitCode: 1, stderr: "refused\n" }) };
    expect(await readNodeState(new FakeHost(refusing))).toMatchObject({
      bpf: missing("bpftool: refused"),
      audit: missing("auditctl -s: refused"),
    });
  });
});

test("a program's holder is the first process with a descriptor of it", async () => {
  const host = new FakeHost({
    files: {
      "/proc/uptime": "1 1",
      "/proc/812/comm": "tracee\n",
      "/proc/812/fdinfo/3": "pos:\t0\n",
      "/proc/812/fdinfo/4": "prog_id:\t7\n",
      "/proc/900/comm": "other\n",
      "/proc/900/fdinfo/4": "prog_id:\t7\n",
      "/proc/900/fdinfo/5": "prog_id:\t99\n",
    },
  });
  expect(await holdersOf(host, [7, 8])).toEqual(new Map([[7, "pid 812 (tracee)"]]));
});
