/** Guests that were kept: found by the folders that Vagrant's state lies in. */
import type { Host } from "../../domain/host.ts";
import { ARCHITECTURES, type Guest, guestsOf, KERNELS } from "../guests.ts";
import { destroyCommand, folderOf, identityOf } from "./vagrant.ts";

export interface KeptGuest {
  readonly guest: Guest;
  /** In Vagrant's words: `running`, `shutoff`, `not_created`; empty when Vagrant did not answer. */
  readonly state: string;
}

const TIMEOUT_MS = 300_000;

const KNOWN = [
  ...guestsOf(ARCHITECTURES.join(","), undefined),
  ...guestsOf(ARCHITECTURES.join(","), KERNELS.join(",")),
];

export const keptGuests = async (host: Host): Promise<readonly KeptGuest[]> => {
  const kept: KeptGuest[] = [];
  for (const id of await host.list(`${host.root}/build/vms`)) {
    const guest = KNOWN.find((one) => one.id === id);
    if (guest === undefined || (await host.list(`${folderOf(host.root, id)}/vagrant`)).length === 0) continue;
    const said = await host.run("vagrant", ["status", guest.architecture, "--machine-readable"], {
      env: identityOf(host.root, guest),
      cwd: host.root,
      timeoutMs: TIMEOUT_MS,
    });
    kept.push({ guest, state: /^\d+,[^,]*,state,(.*)$/m.exec(said.stdout)?.[1] ?? "" });
  }
  return kept;
};

/** Destroys one; the result is why it could not, or undefined. */
export const destroyKept = async (host: Host, guest: Guest): Promise<string | undefined> => {
  const [command = "", ...args] = destroyCommand(host.root, guest);
  const done = await host.run(command, args, { cwd: host.root, timeoutMs: TIMEOUT_MS });
  if (done.exitCode !== 0) return `${guest.id}: ${(done.stderr + done.stdout).trim()}`;
  await host.run("rm", ["-rf", `${folderOf(host.root, guest.id)}/vagrant`]);
  return undefined;
};
