/** Box and payload of a guest, made from Debian's archive by the scripts in scripts/vagrant/, or found in their cache. */
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import type { Guest, Kernel } from "./guests.ts";
import { interrupt } from "./interrupt.ts";
import { lastLines } from "./log.ts";
import { folderOf } from "./vagrant.ts";

/** What a box is built with when nobody asks for a kernel: the newest. */
const NEWEST: Kernel = "6.12";
const POLL_MS = 500;

export interface Prepared {
  readonly box: string;
  readonly payload: string;
}

/** Throws a host-unfit error with the script's last words. */
export const prepareGuest = async (host: Host, guest: Guest, signal: AbortSignal): Promise<Prepared> => ({
  box: await printedBy(host, guest, "box.sh", ["--kernel", guest.kernel ?? NEWEST], signal),
  payload: await printedBy(host, guest, "payload.sh", [], signal),
});

/** The path that a script prints when it has ended well. */
const printedBy = async (
  host: Host,
  guest: Guest,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> => {
  const folder = folderOf(host.root, guest.id);
  await host.makeDirectory(folder);
  const [stdout, stderr] = [`${folder}/${script}.out`, `${folder}/${script}.log`];
  await host.run("rm", ["-f", stdout, stderr]);
  const process = await host.start({
    command: "sh",
    args: [`${host.root}/scripts/vagrant/${script}`, "--arch", guest.architecture, ...args],
    stdout,
    stderr,
  });
  try {
    while (process.exit() === undefined) await host.sleep(POLL_MS, signal);
  } catch (error) {
    await interrupt(host, process);
    throw error;
  }
  const path =
    known(await host.readText(stdout))
      ?.trim()
      .split("\n")
      .at(-1) ?? "";
  if (process.exit()?.code === 0 && path !== "") return path;
  const last = (await lastLines(host, stderr, 6)).join("\n  ");
  throw new TareError("host-unfit", `scripts/vagrant/${script} failed:\n  ${last}`, `read ${stderr}`);
};
