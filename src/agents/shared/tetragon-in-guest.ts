/** Tetragon in a guest that counts: no owner has settings there, so its defaults hold. */
import type { GuestContext, GuestStart } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { shellLine, shellWord } from "./guest-shell.ts";
import { pageInGuest } from "./prometheus.ts";
import { FORMS, ownPolicies, policyFile, programOf, type TetragonPolicies } from "./tetragon.ts";
import { curlArguments, EVENTS_REQUEST, tetraArguments } from "./tetragon-clients.ts";
import { exportTo, METRICS, ownFlags, socketIn } from "./tetragon-flags.ts";
import { tetragonLossesIn } from "./tetragon-losses.ts";
import { releaseToBring } from "./vendor-program.ts";

/** Where its release lies there. */
const PLACE = "/opt/tetragon";

/** How its events are taken: by a file that it writes, by a client of its gRPC server, or by nobody. */
export type Taker = "file" | "tetra" | "curl" | "nobody";

type Taking = Pick<GuestStart, "outputs"> & Partial<GuestStart>;

const takingBy = async (host: Host, { directory, arch }: GuestContext, taker: Taker): Promise<Taking> => {
  const socket = socketIn(directory);
  switch (taker) {
    case "file":
      return { outputs: [{ path: "events.jsonl", forms: FORMS }] };
    case "tetra": {
      const { path } = await releaseToBring(host, programOf("tetragon@grpc", "tetra"), arch);
      return {
        brought: { [`${PLACE}/tetra`]: path },
        client: `exec ${PLACE}/tetra ${shellLine(tetraArguments(socket))} >events.jsonl`,
        outputs: [{ path: "events.jsonl", forms: FORMS }],
      };
    }
    case "curl": {
      const { exec, file } = FORMS;
      const [request, output] = ["request", "events.pb"];
      return {
        programs: ["curl"],
        packages: ["curl"],
        files: { [request]: EVENTS_REQUEST },
        client: `exec curl ${shellLine(curlArguments({ socket, request, output }))}`,
        outputs: [{ path: output, forms: { exec, file } }],
      };
    }
    case "nobody":
      return { outputs: [] };
  }
};

export const tetragonInGuest = async (
  host: Host,
  context: GuestContext,
  id: string,
  policy: "everything" | TetragonPolicies,
  taker: Taker = "file",
): Promise<GuestStart> => {
  const { directory } = context;
  const { path, top, version } = await releaseToBring(host, programOf(id, "tetragon"), context.arch);
  const { policies, filter } = typeof policy === "string" ? await ownPolicies(host, context, policy) : policy;
  const taking = await takingBy(host, context, taker);
  const flags = [
    `bpf-lib=${PLACE}/bpf`,
    ...ownFlags(directory),
    ...(taker === "file" ? exportTo(`${directory}/events.jsonl`, filter.trim()) : []),
    "export-rate-limit=-1",
  ].map((flag) => `--${flag}`);
  return {
    programs: [],
    ...taking,
    brought: {
      [`${PLACE}/tetragon`]: path,
      [`${PLACE}/bpf`]: top === path ? "/usr/local/lib/tetragon/bpf" : `${top}/usr/local/lib/tetragon/bpf`,
      ...taking.brought,
    },
    files: {
      ...Object.fromEntries(policies.map((text, index) => [policyFile(index), text])),
      ...taking.files,
    },
    version: `echo ${shellWord(version)}`,
    // It writes of itself to /var/run.
    before: ["mkdir -p policies /var", "ln -sfn /run /var/run", ...emptied(taking)].join("\n"),
    exec: `exec ${PLACE}/tetragon ${shellLine(flags)}`,
    ready: "grep -q 'Listening for events' stderr stdout",
    after: "rest 5",
    lost: {
      ask: pageInGuest(METRICS),
      read: tetragonLossesIn,
    },
    settings: {
      command: ["tetragon", ...flags].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.length > 0 ? policies.join("\n---\n") : "none: execs are reported without one",
      ...(taker === "file" ? { filter: filter.trim() } : {}),
      ...(taking.client === undefined ? {} : { client: taking.client.replaceAll(directory, "DIRECTORY") }),
    },
    memoryMegabytes: 3072,
  };
};

const emptied = ({ outputs }: Taking): readonly string[] => outputs.map(({ path }) => `: >${path}`);
