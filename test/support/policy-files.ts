/** The real policies, where a FakeHost's agents look for them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDER = "src/agents/policies";

export const policyFiles = (root = "/tare"): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(ROOT, FOLDER, name)).isFile())
      .map((name) => [`${root}/${FOLDER}/${name}`, readFileSync(join(ROOT, FOLDER, name), "utf8")]),
  );
