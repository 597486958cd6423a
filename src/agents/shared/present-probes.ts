/** A bpftrace program names all system calls that it cares for, and bpftrace refuses one that the machine does not have. */

/** Probes, one a line with commas between them, and their body. */
const BLOCK = /^((?:tracepoint:\S+\n)+)\{\n[^]*?\n\}\n/gm;
const SYSCALL = "tracepoint:syscalls:";

/** The program without the system call tracepoints that are not in `present` (`sys_enter_open` ...), and without bodies that lose all. */
export const onlyPresentProbes = (program: string, present: readonly string[]): string =>
  program.replaceAll(BLOCK, (block: string, list: string) => {
    const probes = list.split(/[\s,]+/).filter((probe) => probe !== "");
    const kept = probes.filter(
      (probe) => !probe.startsWith(SYSCALL) || present.includes(probe.slice(SYSCALL.length)),
    );
    return kept.length === 0 ? "" : `${kept.join(",\n")}\n${block.slice(list.length)}`;
  });
