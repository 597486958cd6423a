/** Entries by the names that a user gives. */
import { TareError } from "../domain/errors.ts";
import { suggest } from "../domain/suggest.ts";

/**
 * The entries of these names; an id before an @ names all of its variants. All of them where there are no names.
 *
 * @throws TareError `usage` with a suggestion when one is unknown
 */
export const choose = <T>(
  what: string,
  names: readonly string[] | undefined,
  all: ReadonlyMap<string, T>,
): readonly T[] => {
  if (names === undefined) return [...all.values()];
  const known = [...all.keys()];
  if (names.length === 0)
    throw new TareError("usage", `--${what}s names nothing`, `known: ${known.join(", ")}`);
  const ids = names.flatMap((name) => {
    const named = known.filter((id) => id === name || id.startsWith(`${name}@`));
    if (named.length > 0) return named;
    const bases = known.flatMap((id) => (id.includes("@") ? [id.slice(0, id.indexOf("@"))] : []));
    const near = suggest(name, [...new Set([...bases, ...known])]);
    throw new TareError(
      "usage",
      `unknown ${what} "${name}"`,
      near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`,
    );
  });
  return [...new Set(ids)].flatMap((id) => all.get(id) ?? []);
};
