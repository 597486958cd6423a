/**
 * The configuration that Falco makes of its files and arguments, as 0.44 does (`init_from_file` in userspace/falco/configuration.cpp and
 * userspace/engine/yaml_helper.h of falcosecurity/falco): the main file, then what `config_files` names of it or of `-o`, each merged by its strategy,
 * then every `-o`. What makes Falco refuse to start is passed over.
 */
import { posix } from "node:path";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { parseYaml } from "../../domain/yaml-file.ts";
import { pathFrom, type Whereabouts } from "./whereabouts.ts";

const MAIN = "/etc/falco/falco.yaml";
const CONFIG_FILES = "config_files";

type Mapping = Readonly<Record<string, unknown>>;

export interface Settings {
  /** Those that were there, in the order in which they were merged, as Falco's configuration names them. */
  readonly files: readonly string[];
  readonly merged: Mapping;
  /** Rules files of its arguments, which replace those of its configuration. */
  readonly rules: readonly string[];
}

export const falcoConfiguration = async (host: Host, at: Whereabouts): Promise<Settings> => {
  const { main, options, rules } = argumentsOf(at.args);
  const files: string[] = [];
  const read = async (file: string): Promise<Mapping | undefined> => {
    const content = await mappingAt(host, at, file);
    if (content !== undefined) files.push(file);
    return content;
  };
  let merged = (await read(main)) ?? {};
  for (const option of options) if (option.startsWith(CONFIG_FILES)) merged = withOption(merged, option);
  for (const { path, strategy } of includesOf(merged[CONFIG_FILES])) {
    if (posix.normalize(path) === posix.normalize(main)) continue;
    for (const file of await filesAt(host, at, path)) {
      const more = (await read(file)) ?? {};
      merged = withFile(merged, more, strategy);
    }
  }
  for (const option of options) merged = withOption(merged, option);
  return { files, merged, rules };
};

/** As YAML 1.1, which Falco reads, says yes. */
export const isOn = (told: unknown): boolean =>
  told === true || (typeof told === "string" && /^(?:y|yes|on|true)$/i.test(told));

/** What lies at a path such as `file_output.filename`. */
export const keyOf = (settings: unknown, path: string): unknown =>
  path.split(".").reduce((inside, key) => (isMapping(inside) ? inside[key] : undefined), settings);

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mappingAt = async (host: Host, at: Whereabouts, file: string): Promise<Mapping | undefined> => {
  const text = known(await host.readText(pathFrom(at, file) ?? file));
  const parsed = text === undefined ? undefined : parseYaml(text);
  if (parsed?.kind !== "parsed" || !isMapping(parsed.content)) return undefined;
  return expanded(at.env, parsed.content) as Mapping;
};

/** `${NAME}` is of its environment, or nothing where that has none of the name; `$${NAME}` is the text. */
const expanded = (env: Whereabouts["env"], value: unknown): unknown => {
  if (env.size === 0) return value;
  if (Array.isArray(value)) return value.map((one) => expanded(env, one));
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, expanded(env, one)]));
  return typeof value === "string"
    ? value.replaceAll(/(\$?)\$\{([^}]*)\}/g, (_, escape: string, name: string) =>
        escape === "" ? (env.get(name) ?? "") : `\${${name}}`,
      )
    : value;
};

type Strategy = "append" | "override" | "add-only";

const strategyOf = (told: unknown): Strategy =>
  told === "override" || told === "add-only" ? told : "append";

const includesOf = (told: unknown): readonly { readonly path: string; readonly strategy: Strategy }[] => {
  const entries: readonly unknown[] = Array.isArray(told) ? told : [told];
  return entries.flatMap((entry) => {
    const [path, strategy] = isMapping(entry) ? [entry["path"], entry["strategy"]] : [entry, undefined];
    return typeof path === "string" && path !== "" ? [{ path, strategy: strategyOf(strategy) }] : [];
  });
};

/** A folder stands for every file in it, whatever its name ends in, in the order of their names. */
const filesAt = async (host: Host, at: Whereabouts, path: string): Promise<readonly string[]> => {
  const names = await host.list(pathFrom(at, path) ?? path);
  return names.length === 0 ? [path] : names.toSorted().map((name) => posix.join(path, name));
};

/** Keys of the uppermost level are merged, and nothing below them: a list is made longer, anything else replaced. */
const withFile = (merged: Mapping, more: Mapping, strategy: Strategy): Mapping => {
  if (CONFIG_FILES in more) return merged;
  const taken = Object.entries(more).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    const was = merged[key];
    if (strategy === "add-only" && was !== undefined) return [];
    const isLonger = strategy === "append" && Array.isArray(value) && Array.isArray(was);
    return [[key, isLonger ? [...(was as readonly unknown[]), ...(value as readonly unknown[])] : value]];
  });
  return { ...merged, ...Object.fromEntries(taken) };
};

/** `base.list[1].name=value`, `base.list[]=value` for one more, `{...}` for a mapping; `\` before a dot, bracket or backslash of a name. */
const withOption = (merged: Mapping, option: string): Mapping => {
  const [, name = "", text = ""] = /^([^=]*)=(.*)$/s.exec(option) ?? [];
  const path = stepsOf(name);
  if (path === undefined) return merged;
  const parsed = /^\{.*\}$/s.test(text) ? parseYaml(text) : undefined;
  const changed = withValue(merged, path, parsed?.kind === "parsed" ? parsed.content : text);
  return isMapping(changed) ? changed : merged;
};

const ONE_MORE = Symbol("one more");
type Step = string | number | typeof ONE_MORE;

const stepsOf = (name: string): readonly Step[] | undefined => {
  const parts = /\.?((?:[^.[\\]|\\[.[\]\\])+)|\[(\d*)\]/gy;
  const steps: Step[] = [];
  let end = 0;
  for (const [part, key, index] of name.matchAll(parts)) {
    end += part.length;
    if (key !== undefined) steps.push(key.replaceAll(/\\(.)/g, "$1"));
    else steps.push(index === undefined || index === "" ? ONE_MORE : Number(index));
  }
  return end === name.length && end > 0 ? steps : undefined;
};

const withValue = (inside: unknown, [step, ...rest]: readonly Step[], value: unknown): unknown => {
  if (step === undefined) return value;
  if (typeof step === "string") {
    const was: Mapping = isMapping(inside) ? inside : {};
    return { ...was, [step]: withValue(was[step], rest, value) };
  }
  const was: readonly unknown[] = Array.isArray(inside) ? inside : [];
  const index = step === ONE_MORE ? was.length : step;
  return was.toSpliced(index, 1, withValue(was[index], rest, value));
};

/** Of one letter: those without a value, which may stand before another in one word, and those with one, which may follow at once. */
const SHORT = /^-[hiLNUv]*([clMopPrV])(.*)$/s;
const LONG_WITH_VALUE = [
  "--option",
  "--disable-source",
  "--enable-source",
  "--format",
  "--pidfile",
  "--plugin-info",
  "--print",
  "--validate",
];

interface Arguments {
  readonly main: string;
  readonly options: readonly string[];
  readonly rules: readonly string[];
}

/** As cxxopts reads them (userspace/falco/app/options.cpp). */
const argumentsOf = (args: readonly string[]): Arguments => {
  const told: (readonly [string, string])[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    const [, letter, attached = ""] = SHORT.exec(arg) ?? [];
    const [, long, inOne] = /^(--[\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (letter !== undefined) told.push([letter, attached === "" ? (args[(at += 1)] ?? "") : attached]);
    else if (long !== undefined && inOne !== undefined) told.push([long, inOne]);
    else if (long !== undefined && LONG_WITH_VALUE.includes(long)) told.push([long, args[(at += 1)] ?? ""]);
  }
  const valuesOf = (...names: readonly string[]): readonly string[] =>
    told.flatMap(([name, value]) => (names.includes(name) ? [value] : []));
  return {
    main: valuesOf("c", "--config").at(-1) ?? MAIN,
    options: valuesOf("o", "--option"),
    rules: valuesOf("r"),
  };
};
