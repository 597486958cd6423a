/** What osquery itself says of queries, without being started: its shell is asked how it would answer them (`EXPLAIN QUERY PLAN`), and answers none. */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { PROGRAM } from "./osquery.ts";
import { programPath } from "./vendor-program.ts";

export interface CheckedQuery {
  readonly name: string;
  readonly query: { readonly query: string };
  /** The file that it stands in. */
  readonly file: string;
}

/** Neither the node's own configuration, nor anything in the caller's home: a folder that cannot be made in /proc is one that it goes without. */
const ALONE = ["-S", "--json", "--flagfile=/dev/null", "--config_path=/dev/null", "--disable_extensions"];
const NOWHERE = { HOME: "/proc", TMPDIR: "/proc" } as const;

const statementOf = (query: string): string => query.trim().replace(/[\s;]+$/, "");

/** A query without texts and comments, which may name a table that it does not ask. */
export const sqlOf = (query: string): string =>
  query.replaceAll(/'(?:[^']|'')*'|--[^\n]*|\/\*[^]*?\*\//g, " ");

/** Of several statements in one query only the first would be explained, and the others answered. */
const isOne = ({ query: { query } }: CheckedQuery): boolean => !statementOf(sqlOf(query)).includes(";");

const REFUSED = /Error: (.+)/;

/** Undefined where it takes them all, or is of a sort that does not answer so: then its start will tell. */
const refusalOf = async (
  host: Host,
  program: string,
  queries: readonly CheckedQuery[],
): Promise<string | undefined> => {
  const text = queries.map(({ query }) => `EXPLAIN QUERY PLAN ${statementOf(query.query)}\n;`).join("\n");
  const { exitCode, stderr } = await host.run(program, [...ALONE, text], { env: NOWHERE, cwd: "/" });
  return exitCode === 0 ? undefined : REFUSED.exec(stderr)?.[1];
};

/** @throws TareError `usage` with the first query that osquery does not take */
export const checkQueries = async (host: Host, queries: readonly CheckedQuery[]): Promise<void> => {
  const program = await programPath(host, PROGRAM);
  const single = queries.filter(isOne);
  if (single.length === 0 || (await refusalOf(host, program, single)) === undefined) return;
  for (const one of single) {
    const said = await refusalOf(host, program, [one]);
    if (said !== undefined)
      throw new TareError(
        "usage",
        `${one.file}: osquery refuses the query "${one.name}": ${said}`,
        "mend it or take it out: osquery would say so each time that it is due, and give no row",
      );
  }
};
