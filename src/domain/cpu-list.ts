/** Lists of CPUs as the kernel writes them. */

/** What no kernel can be built for (NR_CPUS), so that a list of more is none. */
const MAX_CPU = 65_535;

/** The kernel's lists, such as `0-3,8,10-11`. */
export const parseCpuList = (list: string): readonly number[] =>
  list
    .trim()
    .split(",")
    .flatMap((range) => {
      const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
      if (first === "" || Number(last) > MAX_CPU) return [];
      return Array.from(
        { length: Math.max(0, Number(last) - Number(first) + 1) },
        (_, index) => Number(first) + index,
      );
    });

/** Those of a process, by its `/proc/<pid>/status`: also CPUs that are switched off. */
export const allowedIn = (status: string): readonly number[] =>
  parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "");
