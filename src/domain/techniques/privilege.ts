/** Ways to change who one is, and to reach into other processes. */
import type { TechniqueSheet } from "../technique.ts";

export const PRIVILEGE = [
  {
    id: "privilege-setuid",
    deed: "identity",
    title: "a process that becomes root again",
    how: "setresuid, setuid(0)",
  },
  {
    id: "privilege-setresuid",
    deed: "identity",
    title: "a process that gives up root",
    how: "setresuid(65534)",
  },
  { id: "privilege-setgid", deed: "identity", title: "a change of group", how: "setgid(65534)" },
  { id: "privilege-capset", deed: "capability", title: "a change of capabilities", how: "capset" },
  {
    id: "process-ptrace",
    deed: "trace",
    title: "a process that traces another",
    how: "ptrace(PTRACE_SEIZE)",
    names: "the other process",
  },
  {
    id: "process-vm-writev",
    deed: "foreign-memory",
    title: "a write into another process",
    how: "process_vm_writev",
    names: "the other process",
  },
  {
    id: "process-kill",
    deed: "signal",
    title: "a signal that kills",
    how: "kill(SIGKILL)",
    names: "the other process",
  },
] as const satisfies readonly TechniqueSheet[];
