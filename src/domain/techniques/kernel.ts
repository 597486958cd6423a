/** Ways to change the kernel, or what a process sees of it. */
import type { TechniqueSheet } from "../technique.ts";

export const KERNEL = [
  {
    id: "kernel-module",
    deed: "module",
    title: "a module that is refused",
    how: "init_module by nobody: EPERM",
  },
  { id: "kernel-kexec", deed: "kexec", title: "a kexec that is refused", how: "kexec_load by nobody: EPERM" },
  { id: "kernel-bpf", deed: "bpf", title: "a use of bpf(2)", how: "bpf(BPF_MAP_CREATE)" },
  {
    id: "kernel-mount",
    deed: "mount",
    title: "a mount",
    how: "mount of a tmpfs in a mount namespace",
    names: "where it is mounted",
    tokenIn: "path",
  },
  {
    id: "namespace-unshare",
    deed: "namespace",
    title: "a namespace of one's own",
    how: "unshare(CLONE_NEWUTS)",
  },
  { id: "namespace-setns", deed: "namespace", title: "the entry into a namespace", how: "setns" },
] as const satisfies readonly TechniqueSheet[];
