/** What is mounted, as /proc/PID/mountinfo tells it: proc_pid_mountinfo(5). */

/** Spaces and the like are told as octal numbers, here and in /proc/PID/mounts. */
export const unescaped = (point: string): string =>
  point.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Mount points in the order in which they were mounted; one that was mounted over stands twice. */
export const mountPoints = (mountinfo: string): readonly string[] =>
  mountinfo
    .split("\n")
    .map((line) => unescaped(line.split(" ")[4] ?? ""))
    .filter((point) => point !== "");

/** The number of the device that is mounted there, such as `7:0`: of what was mounted last. */
export const deviceAt = (mountinfo: string, point: string): string | undefined =>
  mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .findLast((fields) => unescaped(fields[4] ?? "") === point)?.[2];

/** Where a file system of that type is mounted first, such as `tracefs`. */
export const pointOfType = (mountinfo: string, type: string): string | undefined => {
  const line = mountinfo.split("\n").find((one) => one.split(" - ")[1]?.split(" ")[0] === type);
  return line === undefined ? undefined : unescaped(line.split(" ")[4] ?? "");
};

/** What is mounted beyond `earlier`, in the order in which it was: a point where something lies over what was there already is one of them. */
export const mountsBeyond = (points: readonly string[], earlier: readonly string[]): readonly string[] => {
  const left = new Map<string, number>();
  for (const point of earlier) left.set(point, (left.get(point) ?? 0) + 1);
  return points.filter((point) => {
    const count = left.get(point) ?? 0;
    left.set(point, count - 1);
    return count <= 0;
  });
};

/**
 * The options of the kernel's own file systems by mount point, in the form that a remount takes. The kernel has one of each, and mounting it
 * once more, wherever and for whom ever, may give new options to all: of the control groups' it does.
 */
export const kernelMountOptions = (mountinfo: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    mountinfo.split("\n").flatMap((line) => {
      const [mount = "", system = ""] = line.split(" - ");
      const fields = mount.split(" ");
      const point = unescaped(fields[4] ?? "");
      if (!isBelow(point, "/sys")) return [];
      const options = [...(fields[5] ?? "").split(","), ...(system.split(" ")[2] ?? "").split(",")];
      return [[point, [...new Set(options)].filter((option) => option !== "").join(",")]];
    }),
  );

export const isBelow = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`);
