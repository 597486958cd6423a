/**
 * Where vendors' releases lie that `tare agents install` has unpacked: `<folder>/<agent>/<version>/`, one version of an agent at a time.
 * Nothing in there is on PATH or known to systemd, so nothing starts unless tare starts it.
 * TARE_AGENTS_FOLDER is another folder, so that a test leaves the node's alone.
 */
export const INSTALLED_AGENTS = process.env["TARE_AGENTS_FOLDER"] || "/opt/tare/agents";

/** Releases for another architecture (as `uname -m` has it) lie apart: they do not run here, and are for guests that do. */
export const placeFor = (arch: string, ofThisMachine: string): string =>
  arch === ofThisMachine ? INSTALLED_AGENTS : `${INSTALLED_AGENTS}/for-${arch}`;

/** The file in a version's folder that says what was unpacked there. */
export const RECEIPT = ".tare-release.json";

/** An agent's id without its variant: the variants of a file share what is installed. */
export const baseOf = (id: string): string => id.split("@")[0] ?? id;
