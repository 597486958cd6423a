/**
 * Falco as its vendor ships it: the configuration, the rules and the plug-in of the release that is installed, none of them changed. What a run cannot
 * go without is set by options: paths below the release's folder, which would be below `/`, no line for the node's own log, its web server
 * on loopback, and its counters on that.
 */
import { posix } from "node:path";
import * as z from "zod";
import type { AgentContext, AgentSheet, Probe, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { checked } from "../../domain/schema.ts";
import { known } from "../../domain/units.ts";
import { parseYaml } from "../../domain/yaml-file.ts";
import { ANY_KIND_COUNTER, awaitAttached, falcoDaemon, FALCO_BINARY, programOf } from "./falco-daemon.ts";
import { FALCO_SERVER, falcoPage } from "./falco.ts";
import { launch } from "./launch.ts";
import { obstacle } from "./obstacle.ts";
import { programPath } from "./vendor-program.ts";

const CONFIGURATION = "/etc/falco/falco.yaml";
const CONFIG_FILES = "/etc/falco/config.d";
const RULES = "/etc/falco/falco_rules.yaml";
/** They replace those of its configuration, in its order. */
const ALL_RULES = [RULES, "/etc/falco/falco_rules.local.yaml", "/etc/falco/rules.d"];
/** Where it looks for a plug-in that its configuration names without a folder. */
const PLUGINS = "/usr/share/falco/plugins";

const Shipped = z.looseObject({
  plugins: z.array(z.looseObject({ name: z.string(), library_path: z.string() })).exactOptional(),
});

interface Library {
  readonly index: number;
  readonly path: string;
}

interface Parts {
  readonly program: string;
  /** Of the release; empty for a package's, which lies below `/`. */
  readonly top: string;
  readonly libraries: readonly Library[];
}

const partsOf = async (host: Host, id: string): Promise<Parts> => {
  const program = await programPath(host, programOf(id));
  const top = program.endsWith(`/${FALCO_BINARY}`) ? program.slice(0, -FALCO_BINARY.length - 1) : "";
  const parsed = parseYaml(known(await host.readText(top + CONFIGURATION)) ?? "");
  const read = parsed.kind === "parsed" ? checked(Shipped, parsed.content, "the file") : undefined;
  const plugins = read?.kind === "fits" ? (read.content.plugins ?? []) : [];
  const libraries = plugins.map(({ library_path: path }, index) => ({
    index,
    path: path.startsWith("/") ? top + path : posix.join(top + PLUGINS, path),
  }));
  return { program, top, libraries };
};

/** A release of which somebody took the program alone. */
const lackingParts = async (host: Host, id: string): Promise<Probe | undefined> => {
  const { top, libraries } = await partsOf(host, id);
  const needed = [CONFIGURATION, RULES].map((path) => top + path).concat(libraries.map(({ path }) => path));
  for (const path of needed) {
    if (known(await host.fileSize(path)) === undefined)
      return {
        kind: "unavailable",
        ...obstacle(
          `what its vendor ships is not whole: there is no ${path}`,
          "run: tare agents install falco, with the vendor's whole tarball",
        ),
      };
  }
  return undefined;
};

const start = async (host: Host, context: AgentContext, id: string): Promise<RunningAgent> => {
  const { program, top, libraries } = await partsOf(host, id);
  const options = [
    `config_files=${top}${CONFIG_FILES}`,
    ...libraries.map(({ index, path }) => `plugins[${index}].library_path=${path}`),
    "syslog_output.enabled=false",
    "log_syslog=false",
    "webserver.listen_address=127.0.0.1",
    "webserver.listen_port=48765",
    "metrics.enabled=true",
    "metrics.output_rule=false",
    "webserver.prometheus_metrics_enabled=true",
    ...(context.buffers === "smallest" ? ["engine.modern_ebpf.buf_size_preset=1"] : []),
  ];
  const args = [
    "-c",
    top + CONFIGURATION,
    ...ALL_RULES.flatMap((path) => ["-r", top + path]),
    ...options.flatMap((option) => ["-o", option]),
  ];
  const { process, stdout, stderr } = await launch(context, "falco", { command: program, args }, 8000, [
    "SIGTERM",
    "SIGINT",
  ]);
  await awaitAttached(host, context, process, stderr);
  return {
    processes: [process],
    outputs: [],
    logs: [stderr, stdout],
    settings: {
      command: ["falco", ...args].join(" ").replaceAll(`${top}/`, "RELEASE/"),
      configuration: (known(await host.readText(top + CONFIGURATION)) ?? "").replaceAll(
        /^\s*(?:#.*)?\n/gm,
        "",
      ),
      losses: "drops of every kind of event",
      alerts: "as text to standard output, which is a file here; the vendor's unit throws it away",
      changed: "no syslog, and its web server on loopback, with metrics, which are off as shipped",
    },
    lost: () => falcoPage((url) => host.httpGet(url), FALCO_SERVER, ["high-value"]),
  };
};

export const shippedFalco = (
  id: string,
): Pick<AgentSheet, "id" | "probe" | "start" | "homepage" | "overload"> & Partial<AgentSheet> => {
  const { telling: _, ...daemon } = falcoDaemon(id);
  return {
    ...daemon,
    id,
    lossCounter: ANY_KIND_COUNTER,
    probe: async (host) => {
      const found = await daemon.probe(host);
      return found.kind === "unavailable" ? found : ((await lackingParts(host, id)) ?? found);
    },
    start: (host, context) => start(host, context, id),
  };
};
