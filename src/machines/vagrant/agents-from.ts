/** Vendors' releases that a guest installs from this machine: `<folder>/<architecture>/<agent>/<the vendor's file>`. */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { Guest } from "../guests.ts";

const HINT = "it holds <architecture>/<agent>/ with the vendor's file in it, such as amd64/tetragon/";

/** Throws a usage error for a folder that brings nothing, or something that no guest could install. `installable`: agents that have a release. */
export const checkAgentsFrom = async (
  host: Host,
  folder: string,
  guests: readonly Guest[],
  installable: readonly string[],
): Promise<void> => {
  const architectures = [...new Set(guests.map((guest) => guest.architecture))];
  let found = 0;
  for (const architecture of architectures) {
    for (const agent of await host.list(`${folder}/${architecture}`)) {
      const place = `${folder}/${architecture}/${agent}`;
      if (!installable.includes(agent)) {
        throw new TareError(
          "usage",
          `${place}: no agent of that name is installed from a vendor's release`,
          `there are: ${installable.join(", ")}`,
        );
      }
      if ((await host.list(place)).length === 0)
        throw new TareError("usage", `${place} is empty, or no folder`, HINT);
      found += 1;
    }
  }
  if (found === 0)
    throw new TareError(
      "usage",
      `--agents-from ${folder}: nothing in it for ${architectures.join(", ")}`,
      HINT,
    );
};
