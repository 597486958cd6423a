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

export const isBelow = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`);
