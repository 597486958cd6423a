/** The house rules that a reader relies on, checked against the imports as they stand. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:^|\n)(?:import|export)[^;]*?from "([^"]+)"/g)].flatMap(
    (match) => match[1] ?? [],
  );
};

/** `src/analyse/pair.ts` -> `analyse`; `scenarios/driver/x.ts` -> `scenarios`. */
const roomOf = (file: string): string => {
  const [top = "", second = ""] = file.split("/");
  return top === "src" ? second : top;
};

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: ["domain"],
  plan: ["plan", "domain"],
  analyse: ["analyse", "domain"],
  report: ["report", "domain"],
  agents: ["agents", "domain"],
  scenarios: ["scenarios", "domain"],
  observe: ["observe", "domain"],
  run: ["run", "observe", "domain"],
  count: ["count", "observe", "domain"],
  machines: ["machines", "host", "domain"],
  record: ["record", "domain"],
  host: ["host", "domain"],
  install: ["install", "domain"],
  k8s: ["k8s", "domain"],
  send: ["send", "domain"],
  session: [
    "session",
    "plan",
    "agents",
    "host",
    "observe",
    "run",
    "record",
    "analyse",
    "report",
    "send",
    "domain",
  ],
  cli: [
    "cli",
    "session",
    "install",
    "host",
    "k8s",
    "plan",
    "machines",
    "count",
    "observe",
    "record",
    "analyse",
    "report",
    "send",
    "domain",
  ],
};

const SOURCES = [...filesBelow("src"), ...filesBelow("scenarios")];

test("the house has the rooms that the rules are about", () => {
  expect(new Set(SOURCES.map(roomOf))).toEqual(new Set(Object.keys(MAY_IMPORT)));
});

test.each(SOURCES)("%s imports only rooms that it may know", (file) => {
  const allowed = MAY_IMPORT[roomOf(file)] ?? [];
  const rooms = importsOf(file)
    .filter((target) => target.startsWith("."))
    .map((target) => roomOf(relative(ROOT, resolve(ROOT, dirname(file), target))));
  expect(rooms.filter((room) => !allowed.includes(room))).toEqual([]);
});

const WORLD =
  /^(node:(fs|child_process|net|http|https|os|dgram|worker_threads)(\/.*)?|execa|systeminformation)$/;
/** A driver in a process of its own is part of the workload, not of the harness. */
const isDriver = (file: string): boolean => file.startsWith("scenarios/driver/");
/** The page's script and style are files that the report reads from its own folder, whatever the machine. */
const isAsset = (file: string): boolean => file === "src/report/page/assets.ts";
const TOUCHES_THE_WORLD = ["host", "install", "record", "machines", "send", "cli"];

const isOutside = (file: string): boolean =>
  TOUCHES_THE_WORLD.includes(roomOf(file)) || isDriver(file) || isAsset(file);

test.each(SOURCES.filter((file) => !isOutside(file)))(
  "%s touches the machine only through the Host port",
  (file) => {
    expect(importsOf(file).filter((target) => WORLD.test(target))).toEqual([]);
  },
);

test.each(SOURCES.filter((file) => file !== "src/cli/screen.ts" && !isDriver(file)))(
  "%s leaves the terminal to the screen",
  (file) => {
    expect(readFileSync(join(ROOT, file), "utf8")).not.toMatch(
      /console\.(log|error|warn|info)|process\.std(out|err)\.write/,
    );
  },
);

test("exit codes are set in one place", () => {
  const setting = SOURCES.filter((file) => !isDriver(file)).filter((file) =>
    /\berror\.exitCode\b|\bprocess\.exitCode = /.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(setting.toSorted()).toEqual(["src/cli/exit-code.ts", "src/cli/main.ts"]);
});

test("signals that interrupt are handled in one place", () => {
  const handling = SOURCES.filter((file) =>
    /process\.on\(signal/.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(handling).toEqual(["src/session/interruptible.ts"]);
});

const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const inRoom = (room: string): readonly string[] => SOURCES.filter((file) => roomOf(file) === room);

test.each(inRoom("report"))("%s is given what a record says, and knows no line of it", (file) => {
  expect(textOf(file)).not.toMatch(/\b(RecordLine|TrialLine|TurnLine|TrialOutcome|effectiveRecord)\b/);
});

test.each(inRoom("analyse").filter((file) => !file.startsWith("src/analyse/compare/")))(
  "%s hands on figures and words none",
  (file) => {
    expect(textOf(file)).not.toMatch(/\.(toFixed|toPrecision|toLocaleString)\(|\bEMULATED\b/);
  },
);

/** They name agents that are to run, or are those agents. */
const NAMING_AGENTS = ["src/agents/", "src/plan/profiles.ts", "src/cli/commands/calibrate.ts"];

test("what an agent is and injects is a field: only older records are told it by an id", () => {
  const reading = SOURCES.filter((file) => /["'^]calibration-|@attached["'$]/.test(textOf(file)));
  expect(reading.filter((file) => !NAMING_AGENTS.some((one) => file.startsWith(one)))).toEqual([
    "src/record/migrate.ts",
  ]);
});
