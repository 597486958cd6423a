/**
 * What tare knows of agents in their owners' hands, by the agent's name: what stays in force when they are stopped, and where they
 * write. Of any other agent only the cost can be measured, unless its manager keeps what it prints in a file.
 */
import { isMap, parseDocument } from "yaml";
import type { AgentOutput } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { FALCO_FORMS } from "../shared/falco-forms.ts";
import { FORMS } from "../shared/tetragon.ts";
import type { OwnedAgent } from "./owned-agent.ts";
import { ownedAuditd } from "./owned-auditd.ts";

/** The value of a YAML file's key; undefined where there is no such file, or where it is no mapping. */
const yamlAt = async (host: Host, file: string, key: string): Promise<unknown> => {
  const text = known(await host.readText(file));
  if (text === undefined) return undefined;
  // The agent itself refuses a file with a mistake, so it says nothing; the other files are looked at all the same.
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  return (document.toJS() as Readonly<Record<string, unknown>>)[key];
};

const outputAt = (path: unknown, forms: AgentOutput["forms"]): readonly AgentOutput[] =>
  typeof path === "string" && path.startsWith("/") ? [{ path, forms }] : [];

const EXPORT = "export-filename";
/** One file an option, in these folders; the YAML file comes between the packages' folders and the administrator's. */
const TETRAGON = {
  packages: ["/usr/lib/tetragon/tetragon.conf.d", "/usr/local/lib/tetragon/tetragon.conf.d"],
  yaml: "/etc/tetragon/tetragon.yaml",
  administrator: "/etc/tetragon/tetragon.conf.d",
} as const;

/**
 * https://tetragon.io/docs/reference/daemon-configuration/, in the order of cmd/tetragon/conf.go: what is read later wins, and an empty value is one
 * that exports nothing. Its counters need a metrics server, which is off unless configured.
 */
const ownedTetragon: OwnedAgent = {
  outputs: async (host) => {
    const dropIn = async (folder: string): Promise<string | undefined> =>
      known(await host.readText(`${folder}/${EXPORT}`))?.trim();
    const told: unknown[] = [];
    for (const folder of TETRAGON.packages) told.push(await dropIn(folder));
    told.push(await yamlAt(host, TETRAGON.yaml, EXPORT), await dropIn(TETRAGON.administrator));
    return outputAt(
      told.findLast((one) => one !== undefined),
      FORMS,
    );
  },
};

const FALCO = { main: "/etc/falco/falco.yaml", more: "/etc/falco/config.d" } as const;

/**
 * https://falco.org/docs/concepts/outputs/channels/: `file_output` with `enabled` and `filename`. The files of the folder replace the key of the main file as a
 * whole, each that of the one before it by name (`include_config_file` in userspace/engine/yaml_helper.h of falcosecurity/falco).
 */
const ownedFalco: OwnedAgent = {
  outputs: async (host) => {
    const names = (await host.list(FALCO.more)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
    const told: unknown[] = [];
    for (const file of [FALCO.main, ...names.map((name) => `${FALCO.more}/${name}`)]) {
      told.push(await yamlAt(host, file, "file_output"));
    }
    const output = told.findLast((one) => one !== undefined);
    const { enabled, filename } = (output ?? {}) as Readonly<Record<string, unknown>>;
    return enabled === true ? outputAt(filename, FALCO_FORMS) : [];
  },
};

const OWNED: Readonly<Record<string, OwnedAgent>> = {
  auditd: ownedAuditd,
  tetragon: ownedTetragon,
  falco: ownedFalco,
};

export const ownedAgent = (name: string): OwnedAgent | undefined => OWNED[name];
