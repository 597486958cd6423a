/**
 * sysdig with a filter for execs, opens and connects: sysdig(8). It needs a driver: BPF of its own from 0.31 on (--modern-bpf), before that a kernel
 * module, which Debian 12's 0.29.3 looks for under the name scap.
 */
import { type AgentOutput, defineAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import type { Family } from "../domain/units.ts";
import { noCounter } from "./shared/no-counter.ts";
import {
  type Check,
  firstObstacle,
  needsBtf,
  needsCommand,
  needsKernel,
  needsRoot,
} from "./shared/obstacle.ts";
import { startPrinting } from "./shared/launch.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { UNCONNECTED, URING } from "./shared/techniques.ts";

const MODERN_BPF = "--modern-bpf";

const FILTERS: Readonly<Partial<Record<Family, string>>> = {
  exec: "evt.type in (execve, execveat)",
  file: "evt.type in (open, openat, openat2, creat)",
  network: "evt.type = connect",
};

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  // A connection is shown as 127.0.0.1:40000->127.31.0.0:41305.
  network: { kind: "ipv4", before: "->" },
};

/** The star lets a line come also where a field has no value, as an exec has no file descriptor. */
const FORMAT = "*%evt.type pid=%proc.pid cmdline=%proc.cmdline fd=%fd.name";

const hasModernBpf = async (host: Host): Promise<boolean> => {
  const { stdout, stderr } = await host.run("sysdig", ["--help"]);
  return (stdout + stderr).includes(MODERN_BPF);
};

const needsModule: Check = async (host) => {
  if ((await host.list("/sys/module/scap")).length > 0) return undefined;
  return {
    reason: "this build has no modern BPF driver, and its kernel module scap is not loaded",
    hint: "install falcosecurity-scap-dkms and the kernel's headers, then modprobe scap; or a sysdig from 0.31 on; or run it in a VM",
  };
};

const needsDriver: Check = async (host) =>
  (await hasModernBpf(host))
    ? await firstObstacle(host, [
        needsKernel(5, 8, "whose ring buffer its BPF driver uses", "ringbuf"),
        needsBtf,
      ])
    : await needsModule(host);

export default defineAgent({
  id: "sysdig",
  title: "sysdig",
  homepage: "https://github.com/draios/sysdig",
  observes: ["exec", "file", "network"],
  coverage: {
    claims: [
      { of: URING, claimed: "nothing", why: "operations through io_uring" },
      { of: ["open-handle"], claimed: "nothing", why: "opens by handle: its filter does not name them" },
      { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
    ],
    notes: ["arguments and paths beyond its driver's snapshot length"],
  },
  overload: "drops",
  telling: {
    deeds: { exec: /^execve/, open: /^(?:open|openat|openat2|creat) /, connect: /^connect / },
    pid: / pid=(\d+) /,
  },
  notInGuest:
    "Debian 12's needs a kernel module, and the kernel of a guest that counts loads none; a newer one was not tried there",
  packages: ["sysdig"],
  // The module's source is compiled in the guest.
  guestPackages: { bookworm: ["falcosecurity-scap-dkms", "sysdig"], trixie: [] },
  unfit: needsDriver,
  optIn:
    "it is a tool to look with and no sensor, and Debian's needs a kernel module that is compiled for it",
  probe: probeBy([needsCommand("sysdig", "sysdig"), needsRoot, needsDriver], "sysdig", saidBy()),
  start: async (host, context) => {
    const driver = (await hasModernBpf(host)) ? [MODERN_BPF] : [];
    const calls = context.families.flatMap((family) => FILTERS[family] ?? []).join(" or ");
    const filter = `evt.dir = < and (${calls})`;
    const spec = { command: "sysdig", args: [...driver, "--unbuffered", "-p", FORMAT, filter] };
    const { running } = await startPrinting(context, "sysdig", spec, 8000, FORMS);
    return {
      ...running,
      settings: {
        command: ["sysdig", ...driver, "--unbuffered -p FORMAT FILTER"].join(" "),
        driver: driver.length > 0 ? "modern BPF" : "kernel module scap",
        format: FORMAT,
        filter,
      },
      lost: noCounter("it tells the drops of its driver only when it ends (-v), so none belong to a trial"),
    };
  },
});
