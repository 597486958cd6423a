/**
 * What of BPF an agent's processes hold, and what of that is still there when they are gone: programs that are pinned, or attached by a link that
 * is, outlive them and go on costing.
 */
import { messageOf } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";
import { fdinfoOf } from "../shared/fdinfo.ts";

const KINDS = ["prog", "link", "map"] as const;
type Kind = (typeof KINDS)[number];

const WORDS: Readonly<Record<Kind, string>> = { prog: "BPF program", link: "BPF link", map: "BPF map" };

/** As the kernel numbers them, each kind for itself. */
export type HeldBpf = Readonly<Record<Kind, ReadonlySet<number>>>;

export const NOTHING_HELD: HeldBpf = { prog: new Set(), link: new Set(), map: new Set() };

export const both = (a: HeldBpf, b: HeldBpf): HeldBpf => ({
  prog: new Set([...a.prog, ...b.prog]),
  link: new Set([...a.link, ...b.link]),
  map: new Set([...a.map, ...b.map]),
});

const idsIn = (text: string, kind: Kind): ReadonlySet<number> =>
  new Set([...text.matchAll(new RegExp(`^${kind}_id:\\s+(\\d+)$`, "gm"))].map(([, id]) => Number(id)));

/** A link tells of its program, too. */
export const heldBy = async (host: Host, pids: readonly number[]): Promise<HeldBpf> => {
  let text = "";
  for (const pid of pids) text += await fdinfoOf(host, pid);
  return { prog: idsIn(text, "prog"), link: idsIn(text, "link"), map: idsIn(text, "map") };
};

interface Listed {
  readonly id: number;
  readonly name?: string;
  readonly type?: string;
  readonly pinned?: readonly string[];
}

const listed = async (host: Pick<Host, "run">, kind: Kind): Promise<Reading<readonly Listed[]>> => {
  const said = await host.run("bpftool", ["--json", "--bpffs", kind, "show"]);
  if (said.exitCode !== 0) {
    const words = `${said.stderr}${said.stdout}`.trim();
    return missing(
      `bpftool ${kind} show: ${words === "" ? `exit status ${said.exitCode ?? "unknown"}` : words}`,
    );
  }
  try {
    const all: unknown = JSON.parse(said.stdout);
    return Array.isArray(all) ? value(all as readonly Listed[]) : missing(`bpftool ${kind} show: no list`);
  } catch (error) {
    return missing(`bpftool ${kind} show: ${messageOf(error)}`);
  }
};

/** Why it cannot be told what is loaded; undefined: it can. */
export const whyNotTold = async (host: Pick<Host, "run">): Promise<string | undefined> => {
  const programs = await listed(host, "prog");
  return programs.kind === "missing" ? programs.reason : undefined;
};

const describe = (kind: Kind, { id, name, type, pinned = [] }: Listed): string => {
  const what = [type, name].filter((one) => one !== undefined).join(", ");
  return `${WORDS[kind]} ${id}${what === "" ? "" : ` (${what})`}${pinned.length === 0 ? "" : `, pinned at ${pinned.join(", ")}`}`;
};

/**
 * What of it is still loaded, in words. A map that nothing pins costs memory alone and goes with the programs that use it, so that only pinned
 * ones are told.
 */
export const remainingOf = async (host: Pick<Host, "run">, held: HeldBpf): Promise<readonly string[]> => {
  const left: string[] = [];
  for (const kind of KINDS) {
    if (held[kind].size === 0) continue;
    const all = await listed(host, kind);
    // Not to be able to look is not to find nothing.
    if (all.kind === "missing") left.push(`whether its ${WORDS[kind]}s are gone is not known: ${all.reason}`);
    else
      left.push(
        ...all.value
          .filter(({ id, pinned = [] }) => held[kind].has(id) && (kind !== "map" || pinned.length > 0))
          .map((one) => describe(kind, one)),
      );
  }
  return left;
};
