/** What an agent's cgroup is charged for, without pages of files, read while nothing may be opened. */
import type { Host } from "../domain/host.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import { memoryStatOf, parseCharged } from "./agent-work.ts";
import type { AgentCgroup } from "./cgroup.ts";

export interface ChargedWatch {
  readonly read: () => Promise<Reading<number>>;
  readonly close: () => Promise<void>;
}

export const watchCharged = async (host: Host, { peakFile }: AgentCgroup): Promise<ChargedWatch> => {
  const path = memoryStatOf(peakFile);
  const opened = path === undefined ? missing("no cgroup tells it") : await host.openKept(path, "read");
  return {
    read: async () => {
      if (opened.kind === "missing") return opened;
      const text = await opened.value.text();
      if (text.kind === "missing") return text;
      const bytes = parseCharged(text.value);
      return bytes === undefined ? missing(`${path ?? ""}: unexpected content`) : value(bytes);
    },
    close: async () => {
      if (opened.kind === "value") await opened.value.close();
    },
  };
};
