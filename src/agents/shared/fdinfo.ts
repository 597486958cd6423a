/** What the kernel tells of all the files that a process holds open: proc_pid_fdinfo(5). */
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";

export const fdinfoOf = async (host: Host, pid: number): Promise<string> => {
  const folder = `/proc/${pid}/fdinfo`;
  let all = "";
  for (const fd of await host.list(folder)) all += known(await host.readText(`${folder}/${fd}`)) ?? "";
  return all;
};
