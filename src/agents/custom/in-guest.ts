/** A custom agent where only a shell starts it (docs/counting.md). Its program is this machine's, and everything else is in its file. */
import { posix } from "node:path";
import type { GuestContext, GuestStart } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { missing, type Reading } from "../../domain/units.ts";
import { fromOneLine, inOneLine, shellLine, shellWord } from "../shared/guest-shell.ts";
import { tooSlow } from "../shared/in-time.ts";
import { LineCounts } from "../shared/lost-lines.ts";
import type { CustomOrigin } from "./agent.ts";
import { outputsOf, pathOf } from "./outputs.ts";
import { fill, namesIn } from "./placeholders.ts";
import type { CustomSpec, LossSpec, Values } from "./spec.ts";

/** Its program, and others that it runs, by their paths here. */
const programsOf = async (
  host: Host,
  { start, version, loss }: CustomSpec,
  { file, here }: CustomOrigin,
): Promise<ReadonlyMap<string, string>> => {
  const commands = [start.command, version?.command, loss?.command].flatMap((command) =>
    command === undefined ? [] : [fill(command[0] ?? "", { here })],
  );
  const found = new Map<string, string>();
  for (const command of commands.filter((one) => namesIn(one).length === 0)) {
    const path = await host.which(command);
    if (path === undefined)
      throw new TareError(
        "host-unfit",
        `${command} is not here, so that it cannot be brought into a guest`,
        `install it, or give its path in ${file}`,
      );
    found.set(command, path);
  }
  return found;
};

/** What the shell's grep knows of a regular expression, all else of it being the same there. */
const forGrep = (pattern: string, file: string): string => {
  if (/\(\?|\\[^dswSW.*+?()[\]{}|^$/\\"'-]/.test(pattern))
    throw new TareError(
      "usage",
      `${file}: "ready" cannot be looked for in a guest: /${pattern}/`,
      "use no groups that begin with (? and no escapes but \\d, \\s and \\w",
    );
  return pattern.replaceAll(String.raw`\d`, "[0-9]");
};

const lostBy = ({ as, pattern }: LossSpec, ask: string): NonNullable<GuestStart["lost"]> => ({
  ask: inOneLine(ask),
  read: (line): Reading<number> => {
    const counts = new LineCounts(new RegExp(pattern));
    counts.feed(fromOneLine(line));
    counts.end();
    if (counts.isTooSlow) return missing(tooSlow(pattern));
    return as === "sum" ? counts.sum : (counts.last ?? missing(`nothing that it said matches /${pattern}/`));
  },
});

/** Below the agent's directory, in which the shell is. */
const inDirectory = (path: string, { directory = "" }: Values): string => posix.relative(directory, path);

/** @throws TareError `usage` for what of its file has no meaning in a guest */
export const customInGuest = async (
  host: Host,
  { directory, watchedDirectory, families, arch }: GuestContext,
  spec: CustomSpec,
  origin: CustomOrigin,
): Promise<GuestStart> => {
  const { file } = origin;
  const programs = await programsOf(host, spec, origin);
  const values: Values = {
    directory,
    watchedDirectory,
    families: families.join(","),
    cpus: "1",
    arch,
    here: "/opt/agent",
    ...spec.buffers?.usual,
  };
  const inGuest = (path: string): string => `/opt/agent/${posix.basename(path)}`;
  const commandOf = ([command = "", ...args]: readonly string[]): string => {
    const path = programs.get(fill(command, { here: origin.here }));
    return shellLine([
      path === undefined ? fill(command, values) : inGuest(path),
      ...args.map((word) => fill(word, values)),
    ]);
  };
  const exports = Object.entries(spec.start.env ?? {}).map(
    ([name, text]) => `export ${name}=${shellWord(fill(text, values))}\n`,
  );
  const { loss, ready, version, stop } = spec;
  const outside = outputsOf(spec.events ?? [], values).find(({ path }) => !path.startsWith(`${directory}/`));
  if (outside !== undefined)
    throw new TareError(
      "usage",
      `${file}: its output ${outside.path} lies outside of {{directory}}`,
      "a guest hands out files of the agent's directory alone",
    );
  return {
    programs: [],
    brought: Object.fromEntries([...programs.values()].map((path) => [inGuest(path), path])),
    files: Object.fromEntries((spec.files ?? []).map(({ name, text }) => [name, fill(text, values)])),
    version: version === undefined ? "echo version not asked" : commandOf(version.command),
    exec: `${exports.join("")}exec ${commandOf(spec.start.command)}`,
    ready:
      ready === undefined
        ? ":"
        : `grep -Eq ${shellWord(forGrep(ready.pattern, file))} ${shellWord(pathOf(ready.output, values))}`,
    after: "rest 2",
    end: `kill -${stop.signals[0]?.replace("SIG", "") ?? "TERM"} "$agent"\nrest 1`,
    outputs: outputsOf(spec.events ?? [], values).map((output) => ({
      ...output,
      path: inDirectory(output.path, values),
    })),
    ...(loss === undefined
      ? {}
      : {
          lost: lostBy(
            loss,
            loss.command === undefined
              ? `cat ${shellWord(pathOf(loss.output ?? "stderr", values))}`
              : commandOf(loss.command),
          ),
        }),
    settings: {
      file,
      command: spec.start.command.join(" "),
      ...Object.fromEntries((spec.files ?? []).map(({ name, text }) => [name, text])),
      ...spec.settings,
    },
  };
};
