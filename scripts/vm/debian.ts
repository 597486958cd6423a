/** Debian's packages for either architecture, fetched and checked by apt, put together by mmdebstrap. Nothing is installed on this machine. */
import { join } from "node:path";
import { readMirror, sourcesFor } from "./mirror.ts";
import { need, run } from "./shell.ts";

/** Clamps every time stamp, so that the same packages give the same archive. 2026-01-01. */
export const EPOCH_SECONDS = 1_767_225_600;

const OPTIONS_TO_KEEP = /^Acquire::(Check-Valid-Until|Retries|(http|https|ftp)::Proxy)\b/i;

/** What this machine's apt needs to reach the archive (a proxy, an archive frozen in the past) holds for the guests' too. */
const aptOptions = async (): Promise<readonly string[]> =>
  (await run("apt-config", ["dump", "Acquire"]))
    .split("\n")
    .filter((line) => OPTIONS_TO_KEEP.test(line))
    .map((line) => line.replace(/;$/, ""));

export interface Packages {
  readonly arch: string;
  /** The first one is where packages come from unless they say otherwise. */
  readonly suites: readonly string[];
  /** By name, or name/suite. */
  readonly packages: readonly string[];
  /** mmdebstrap's: `extract` only unpacks (no program of the other architecture runs), `minbase` installs. */
  readonly variant: "extract" | "minbase";
  /** Scripts that finish the tree; each gets its path as the only argument. */
  readonly finish?: readonly string[];
  /** Says which suite wins where several have a package. */
  readonly preferred?: string;
}

const MIRROR_HINT =
  "is the mirror reachable? It is taken from apt's sources; TARE_VM_MIRROR=URL names another one, and apt's own proxy settings are used";

/** Makes a tree of packages: a folder, or a tar archive if the name ends so. */
export const makeTree = async (target: string, wanted: Packages): Promise<void> => {
  await need({ mmdebstrap: "mmdebstrap", "apt-config": "apt" }, "getting Debian packages");
  const [suite = ""] = wanted.suites;
  const options = await aptOptions();
  const all =
    wanted.preferred === undefined ? options : [...options, `APT::Default-Release "${wanted.preferred}"`];
  const hook = wanted.variant === "extract" ? "extract-hook" : "customize-hook";
  await run(
    "mmdebstrap",
    [
      "--mode=root",
      `--variant=${wanted.variant}`,
      `--architectures=${wanted.arch}`,
      "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
      ...all.map((option) => `--aptopt=${option}`),
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      "--dpkgopt=path-exclude=/usr/share/man/*",
      "--dpkgopt=path-exclude=/usr/share/locale/*",
      `--include=${wanted.packages.join(",")}`,
      ...(wanted.finish ?? []).map((script) => `--${hook}=${script}`),
      suite,
      target,
      "-",
    ],
    {
      input: sourcesFor(await readMirror(), wanted.suites),
      env: { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) },
      hint: MIRROR_HINT,
    },
  );
};

/** A folder of this kind of script, for the hash of what goes into a tree. */
export const scriptPath = (name: string): string => join(import.meta.dirname, "guest", name);
