/** Names of policies that are objects of Kubernetes: what Tetragon and Tracee ask of them before they load any. */
import type { Path } from "../../domain/schema.ts";
import { type PolicyFile, refusePolicy } from "./policy.ts";

/** RFC 1123, as Kubernetes reads it. */
const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_CHARACTERS = 253;
const AT: Path = ["metadata", "name"];

export const checkName = (name: string, refuse: (path: Path, what: string, hint?: string) => never): void => {
  if (!NAME.test(name) || name.length > MAX_CHARACTERS)
    refuse(
      AT,
      `"${name}" cannot be a policy's name: it takes lower-case letters, digits, hyphens and dots, with a letter or a digit at each end`,
      `name it ${nearest(name)}, for example`,
    );
};

const nearest = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60) || "opens";

/** None is loaded beside another of its name. `names`: those of the files, in their order. */
export const refuseTwice = (files: readonly PolicyFile[], names: readonly string[]): void => {
  const second = names.findIndex((name, index) => names.indexOf(name) < index);
  if (second < 0) return;
  const name = names[second] ?? "";
  const first = files[names.indexOf(name)]?.path ?? "";
  const { path = "" } = files[second] ?? {};
  const what =
    first === path
      ? "the file is given twice"
      : `it is named "${name}", and so is ${first}: no two are loaded under one name`;
  refusePolicy(path, undefined, what, "give it once, or give each policy a name of its own");
};
