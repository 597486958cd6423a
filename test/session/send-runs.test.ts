/** What is left of a send that failed, and how the next one goes on. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TareError } from "../../src/domain/errors.ts";
import { sendRuns, type Sent } from "../../src/session/send-runs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const EXAMPLES = join(import.meta.dirname, "../../results/examples");

let server: Server;
let to: string;
/** What the lake has, by what it is asked with. */
let taken: string[];
let paths: string[];
/** Takes so many batches, and then none. */
let room: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const lines = (await text(request.pipe(createGunzip()))).split("\n").slice(0, -1);
      if (room-- <= 0) {
        response.writeHead(507).end("disk is full");
        return;
      }
      paths.push(request.url ?? "");
      taken.push(...lines);
      response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/{table}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  taken = [];
  paths = [];
  room = Infinity;
});

let runs = 0;
const runFolder = (example = "record.jsonl"): string => {
  const run = join(folder, String(runs++));
  mkdirSync(run);
  writeFileSync(join(run, "record.jsonl"), readFileSync(join(EXAMPLES, example)));
  return run;
};

const send = async (folders: readonly string[], where = to, tables?: readonly string[]): Promise<Sent> =>
  await sendRuns({ tell: () => undefined }, folders, {
    to: where,
    retries: 0,
    environment: {},
    ...(tables === undefined ? {} : { tables }),
  });

const failing = async (folders: readonly string[]): Promise<TareError> =>
  await send(folders).then(
    () => expect.unreachable("it was sent"),
    (error: unknown) => error as TareError,
  );

const left = (run: string): readonly string[] =>
  readdirSync(run).filter((name) => name.startsWith("unsent-"));

const idOf = (line: string): string => (JSON.parse(line) as { readonly row_id: string }).row_id;

test("all rows are there, each in its table's place", async () => {
  const run = runFolder();
  const sent = await send([run]);
  expect(sent).toMatchObject({ earlier: 0, to: "http://127.0.0.1:".concat(to.split(":")[2] ?? "") });
  expect(taken).toHaveLength(Object.values(sent.rows).reduce((sum, count) => sum + count, 0));
  expect(new Set(taken.map(idOf)).size).toBe(taken.length);
  expect(paths[0]).toBe("/in/runs");
  expect(new Set(paths)).toEqual(
    new Set(["runs", "agents", "estimates", "ledger", "verdicts", "events"].map((name) => `/in/${name}`)),
  );
  expect(left(run)).toEqual([]);
});

test("what was not taken lies beside the record, and the next try sends that alone", async () => {
  const run = runFolder();
  room = 2;
  const error = await failing([run]);
  expect(error.exitCode).toBe(4);
  expect(error.message).toMatch(/answers 507 Insufficient Storage: disk is full; \d+ rows are left to send/);
  expect(error.hint).toMatch(/goes on where it stopped/);
  const [name = ""] = left(run);
  expect(error.message).toContain(join(run, name));
  const rest = readFileSync(join(run, name), "utf8").split("\n").slice(0, -1);
  const before = [...taken];
  expect(before.length).toBeGreaterThan(0);

  room = Infinity;
  taken = [];
  const sent = await send([run]);
  expect(taken).toEqual(rest);
  expect(sent.earlier).toBe(before.length);
  expect(left(run)).toEqual([]);

  taken = [];
  await send([run]);
  expect(taken).toEqual([...before, ...rest]);
});

test("a second failure on the way leaves what is left then", async () => {
  const run = runFolder();
  room = 1;
  await failing([run]);
  room = 1;
  await failing([run]);
  expect(left(run)).toHaveLength(1);
  room = Infinity;
  await send([run]);
  const ids = taken.map(idOf);
  expect(new Set(ids).size).toBe(ids.length);
  taken = [];
  await send([run]);
  expect(new Set(taken.map(idOf))).toEqual(new Set(ids));
});

test("the rest of one place is not taken for another's, nor that of other tables", async () => {
  const run = runFolder();
  room = 2;
  await failing([run]);
  room = Infinity;
  const other = await send([run], `${to}?other`);
  expect(other.earlier).toBe(0);
  const some = await send([run], to, ["runs"]);
  expect(some.earlier).toBe(0);
});

test("a record that has grown since is sent whole, and nothing old stays", async () => {
  const run = runFolder();
  const path = join(run, "record.jsonl");
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, whole.split("\n").slice(0, 60).join("\n").concat("\n"));
  room = 2;
  await failing([run]);
  writeFileSync(path, whole);
  room = Infinity;
  taken = [];
  expect((await send([run])).earlier).toBe(0);
  expect(left(run)).toEqual([]);
});

test("of several runs, those behind the one that failed are left as well", async () => {
  const [first, second] = [runFolder(), runFolder("guests/amd64/record.jsonl")];
  room = 1;
  const error = await failing([first, second]);
  expect([left(first), left(second)].map((names) => names.length)).toEqual([1, 1]);
  expect(error.message).toContain(first);
  expect(error.message).toContain(second);
  room = Infinity;
  await send([first, second]);
  expect([...left(first), ...left(second)]).toEqual([]);
});

test("one run in two folders is sent once, as it is in the longer record", async () => {
  const [whole, cut] = [runFolder(), runFolder()];
  const path = join(cut, "record.jsonl");
  writeFileSync(path, readFileSync(path, "utf8").split("\n").slice(0, 60).join("\n").concat("\n"));
  expect((await send([cut, whole])).runs).toHaveLength(1);
  const both = [...taken];
  taken = [];
  await send([whole]);
  expect(both).toEqual(taken);
});
