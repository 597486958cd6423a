/** Where and how an owner's agent runs: its configuration may lie in a root of its own, and arguments and environment win over files. */
import { posix } from "node:path";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { isPrivate, privateMounts } from "./private-mounts.ts";
import type { ServiceState } from "./service.ts";

export interface Whereabouts {
  /** The folder below which this node sees its files; empty where it shares the node's. */
  readonly root: string;
  /** Its mount points that this node sees at `ownRoot` alone. */
  readonly mounts: readonly string[];
  readonly ownRoot: string;
  /** Where its relative paths begin; empty for the root. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** A process in whose network its addresses are; undefined: they are the node's. */
  readonly network: number | undefined;
}

/** A unit runs in / unless it says otherwise. */
export const ON_THE_NODE: Whereabouts = {
  root: "",
  mounts: [],
  ownRoot: "",
  folder: "",
  args: [],
  env: new Map(),
  network: undefined,
};

export const whereaboutsOf = async (
  host: Host,
  { mainPid, hasOwnRoot }: ServiceState,
): Promise<Whereabouts> => {
  if (mainPid === undefined) return ON_THE_NODE;
  const wordsOf = async (file: string): Promise<readonly string[]> =>
    (known(await host.readText(`/proc/${mainPid}/${file}`)) ?? "").split("\0");
  return {
    root: hasOwnRoot === true ? `/proc/${mainPid}/root` : "",
    mounts: hasOwnRoot === true ? [] : await privateMounts(host, mainPid),
    ownRoot: `/proc/${mainPid}/root`,
    folder: `/proc/${mainPid}/cwd`,
    network: hasOwnRoot === true ? mainPid : undefined,
    args: (await wordsOf("cmdline")).slice(1),
    env: new Map(
      (await wordsOf("environ")).map((entry) => {
        const [name = "", text = ""] = entry.split(/=(.*)/s);
        return [name, text];
      }),
    ),
  };
};

/** Undefined for what only the agent itself can resolve. */
export const pathFrom = (
  { root, mounts, ownRoot, folder }: Whereabouts,
  told: unknown,
): string | undefined => {
  if (typeof told !== "string" || told === "" || told.includes("${")) return undefined;
  const path = posix.normalize(told);
  if (!told.startsWith("/")) return `${folder}/${path}`;
  return (isPrivate(mounts, path) ? ownRoot : root) + path;
};

/** What its arguments say of an option, in their order: `--name value` and `--name=value`. */
export const optionsIn = ({ args }: Whereabouts, ...names: readonly string[]): readonly string[] =>
  args.flatMap((arg, index) => {
    if (names.includes(arg)) return args.slice(index + 1, index + 2);
    const name = names.find((one) => arg.startsWith(`${one}=`));
    return name === undefined ? [] : [arg.slice(name.length + 1)];
  });
