/**
 * Whether this is root of the node itself. Root of a user namespace, as in a rootless container, and root without the capability, as in a
 * container that is not privileged, have the number and not the rights.
 */
import type { Host } from "./host.ts";
import { known } from "./units.ts";

/** Of capabilities(7). */
const CAP_SYS_ADMIN = 21n;

/** What it is instead, and what to do; undefined where it is. */
export const whyNotRoot = async (
  host: Pick<Host, "uid" | "readText">,
): Promise<{ readonly what: string; readonly hint: string } | undefined> => {
  if (host.uid !== 0) return { what: `this is uid ${host.uid}`, hint: "run the same command as root" };
  const map = known(await host.readText("/proc/self/uid_map"));
  // The initial namespace maps every number to itself.
  if (map !== undefined && !/^\s*0\s+0\s+4294967295\s*$/.test(map))
    return {
      what: "this is root of a user namespace only",
      hint: "run it as root of the node itself: outside the namespace, or in a container that is not rootless",
    };
  const status = known(await host.readText("/proc/self/status")) ?? "";
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 0n)
    return {
      what: "this root lacks CAP_SYS_ADMIN",
      hint: "run it with the capability: a container with --privileged",
    };
  return undefined;
};
