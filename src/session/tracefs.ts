/** Many sensors attach by tracefs, which a node without systemd may not have mounted. It is mounted for the run and unmounted after it. */
import type { Effect } from "../domain/effect.ts";
import { TareError } from "../domain/errors.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";

const FOLDER = "/sys/kernel/tracing";

const MOUNT: Effect = {
  kind: "command",
  title: `tracefs mounted on ${FOLDER}`,
  do: ["mount", "-t", "tracefs", "tracefs", FOLDER],
  // Every umount words it otherwise when there is nothing to unmount.
  undo: [["sh", "-c", 'grep -q " $1 tracefs " /proc/self/mounts || exit 0; umount "$1"', "umount", FOLDER]],
};

/** Does the work with tracefs mounted, where the node allows it; where it does not, the agents that need it say so. */
export const withTracefs = async <T>(
  { host, tell }: Pick<Session, "host" | "tell">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  await interruptible(
    (signal) => new TareError("interrupted", `interrupted by ${signal}`, "start again"),
    async (signal) => {
      if (host.uid !== 0 || (await host.list(`${FOLDER}/events`)).length > 0) return await work(signal);
      const scope = host.effects.scope("tracefs");
      try {
        await scope.perform(MOUNT).catch(() => undefined);
        return await work(signal);
      } finally {
        for (const problem of await scope.undo()) tell({ kind: "left", problem });
      }
    },
  );
