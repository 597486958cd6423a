/**
 * Some agents act on the whole node: a preloaded library, a firewall, a gate before every open. They are measured in private namespaces,
 * which see the node's files and programs but have their own mounts and loopback network.
 *
 * If one agent of the plan needs that, every turn gets it, baselines included, so that the agent is the only difference. Each
 * turn has fresh namespaces: whatever an agent mounts or filters there is gone with them. They live as long as one process of ours,
 * the holder, which is an effect like any other and also ends by itself when tare is gone.
 */
import type { Namespace } from "../domain/agent.ts";
import { describeExit, type EffectScope, type Host, type HostProcess } from "../domain/host.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, ON_THE_NODE } from "./namespaces.ts";

const OPTIONS = { network: "--net", mount: "--mount" } as const satisfies Record<Namespace, string>;

const READY = "isolated";
const READY_MS = 10_000;

/** Holds the namespaces until its input ends, which it does with tare at the latest. A new network has a loopback device that is down. */
const holderScript = (namespaces: readonly Namespace[]): string =>
  [...(namespaces.includes("network") ? ["ip link set lo up"] : []), `echo ${READY}`, "exec cat"].join(
    " && ",
  );

/**
 * Makes the namespaces; undoing the scope ends their holder. Nothing mounted there reaches the node, because propagation is private.
 *
 * @throws StageFailure when they cannot be made, with what unshare or ip said.
 */
export const openNamespaces = async (
  host: Host,
  effects: EffectScope,
  namespaces: readonly Namespace[] | undefined,
  request: { readonly stderr: string; readonly signal: AbortSignal },
): Promise<Namespaces> => {
  if (namespaces === undefined || namespaces.length === 0) return ON_THE_NODE;
  const options = namespaces.map((namespace) => OPTIONS[namespace]);
  const holder = await effects.start(
    {
      command: "unshare",
      args: [
        ...options,
        ...(namespaces.includes("mount") ? ["--propagation", "private"] : []),
        "sh",
        "-c",
        holderScript(namespaces),
      ],
      stdout: "pipe",
      stderr: request.stderr,
    },
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
  const line = await within(host, holder.readLine(), READY_MS, "isolate", request.signal);
  if (line !== READY) throw await failure(host, holder, namespaces, request.stderr);
  const enter = ["nsenter", `--target=${holder.pid}`, ...options, "--"];
  return { inside: (command) => [...enter, ...command] };
};

const failure = async (
  host: Host,
  holder: HostProcess,
  namespaces: readonly Namespace[],
  stderr: string,
): Promise<StageFailure> => {
  const said = await lastLines(host, [stderr]);
  return new StageFailure(
    "isolate",
    `${namespaces.join(" and ")} namespaces cannot be made here (${describeExit(await holder.exited)}): ${said.at(-1) ?? "nothing was said"}`,
    said,
  );
};
