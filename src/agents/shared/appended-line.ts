/** Programs of ours answer SIGUSR1 by appending one line to a file: the sensor its statistics, a calibration program what it injected. */
import type { Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";

/** Lines that have been written to their end. */
const completeLines = async (host: Host, path: string): Promise<readonly string[]> => {
  const text = await host.readText(path);
  return text.kind === "value" ? text.value.split("\n").slice(0, -1) : [];
};

/** Asks the process and waits for its answer. `who` and `what` word the reason when there is none. */
export const askForLine = async (
  host: Host,
  pid: number,
  path: string,
  who: string,
  what: string,
): Promise<Reading<string>> => {
  const before = (await completeLines(host, path)).length;
  if (!host.signal(pid, "SIGUSR1")) return missing(`${who} (pid ${pid}) is gone`);
  const answer = await host.until(
    async () => {
      const lines = await completeLines(host, path);
      return lines.length > before ? lines.at(-1) : undefined;
    },
    { every: 20, atMost: 2000 },
  );
  return answer.kind === "met"
    ? value(answer.value)
    : missing(`${who} wrote no ${what} within ${answer.seconds} s of SIGUSR1`);
};
