/** A server that takes rows as real ones do, and fails as real ones do. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createHttpSender, retryAfterMs } from "../../src/send/http.ts";
import { MAX_ASKED_WAIT_MS, waitBefore } from "../../src/send/retry.ts";
import type { SentRow } from "../../src/send/sender.ts";

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly lines: readonly string[];
}

type Answer = (response: ServerResponse, request: Request) => void;

let server: Server;
let url: string;
/** The last one answers all further requests. */
let answers: Answer[];
let requests: Request[];
let waits: number[];

const ok: Answer = (response) => {
  response.end();
};
const status =
  (code: number, body = "", headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers).end(body);
  };
const reset: Answer = (response) => {
  response.socket?.resetAndDestroy();
};

beforeAll(async () => {
  server = createServer((incoming, response) => {
    void (async () => {
      const body = await text(incoming.pipe(createGunzip()));
      const request = {
        headers: incoming.headers,
        method: incoming.method,
        lines: body.split("\n").slice(0, -1),
      };
      requests.push(request);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      (answer ?? ok)(response, request);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?token=secret`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  answers = [ok];
  requests = [];
  waits = [];
});

const ROWS: readonly SentRow[] = ["1", "2", "3", "4", "5"].map((id) => ({
  id,
  table: "runs",
  text: `{"row_id":"${id}"}`,
}));

const NEVER = new AbortController().signal;

const send = async (
  options: { readonly authorization?: string; readonly retries?: number; readonly to?: string } = {},
): Promise<void> => {
  const sender = createHttpSender({
    authorization: options.authorization,
    schema: 1,
    patience: {
      retries: options.retries ?? 3,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  });
  await sender.send({ place: options.to ?? url, rows: ROWS }, NEVER);
};

const refusal = async (options: Parameters<typeof send>[0] = {}) =>
  await send(options).then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => error as { readonly message: string; readonly hint: string },
  );

test("a batch is one request: NDJSON, compressed, with the credentials and the version of its columns", async () => {
  await send({ authorization: "Bearer secret" });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    method: "POST",
    lines: ROWS.map((row) => row.text),
    headers: {
      "content-type": "application/x-ndjson",
      "content-encoding": "gzip",
      "tare-schema": "1",
      authorization: "Bearer secret",
    },
  });
});

test.each([
  ["429", status(429)],
  ["500", status(500)],
  ["503", status(503)],
  ["408", status(408)],
  ["a connection that breaks", reset],
])("after %s the batch is sent again, later each time", async (_, trouble) => {
  answers = [trouble, trouble, ok];
  await send();
  expect(requests.map(({ lines }) => lines.length)).toEqual([5, 5, 5]);
  expect(waits).toHaveLength(2);
  expect(waits[1]).toBeGreaterThan(waits[0] ?? Infinity);
});

test("a server that asks for time gets it, and no more than anybody waits", async () => {
  answers = [status(429, "", { "retry-after": "17" }), ok];
  await send();
  expect(waits).toEqual([17_000]);
  answers = [status(503, "", { "retry-after": String(1 + MAX_ASKED_WAIT_MS / 1000) })];
  expect((await refusal()).message).toMatch(/answers 503/);
  expect(waits).toHaveLength(1);
});

test("trouble that does not end is told with how often it was tried", async () => {
  answers = [status(503, "\n  overloaded: queue full\nand more\n")];
  const { message } = await refusal({ retries: 2 });
  expect(message).toMatch(/^http:.*\/in answers 503 Service Unavailable: overloaded: queue full, 3 times$/);
  expect(requests).toHaveLength(3);
  expect(message).not.toContain("secret");
});

test.each([
  [400, "Cannot parse input", /answers 400 Bad Request: Cannot parse input$/, /columns/],
  [401, "", /answers 401 Unauthorized$/, /TARE_HTTP_AUTHORIZATION/],
  [403, "no", /answers 403 Forbidden: no$/, /TARE_HTTP_AUTHORIZATION/],
  [404, "", /answers 404 Not Found$/, /columns/],
])("%s is told at once, in the server's words", async (code, body, message, hint) => {
  answers = [status(code, body)];
  const refused = await refusal({ authorization: "Bearer geheim" });
  expect(refused.message).toMatch(message);
  expect(refused.hint).toMatch(hint);
  expect(JSON.stringify(refused)).not.toMatch(/geheim|secret/);
  expect(requests).toHaveLength(1);
});

test("a redirection is not followed: rows and credentials would go elsewhere", async () => {
  answers = [status(307, "", { location: "https://elsewhere.example.org/x?token=secret" })];
  const refused = await refusal({ authorization: "Bearer geheim" });
  expect(refused.message).toMatch(/answers 307 .*\(leads to https:\/\/elsewhere\.example\.org\/x\)$/);
  expect(refused.hint).toMatch(/follows no redirection/);
  expect(requests).toHaveLength(1);
});

test("what is too much at once is sent in halves, each row once", async () => {
  answers = [
    (response, { lines }) => {
      response.writeHead(lines.length > 2 ? 413 : 200).end();
    },
  ];
  await send();
  const taken = requests.filter(({ lines }) => lines.length <= 2).flatMap(({ lines }) => lines);
  expect(taken).toEqual(ROWS.map((row) => row.text));
});

test("one row that is too large is the server's last word", async () => {
  answers = [status(413)];
  expect((await refusal()).message).toMatch(/answers 413/);
});

test("an answer without end is not waited for", async () => {
  answers = [
    (response) => {
      response.writeHead(422);
      response.write("x".repeat(100_000));
    },
  ];
  expect((await refusal()).message.length).toBeLessThan(300);
});

test("a server that is not there is tried again; a name that is none is not", async () => {
  const gone = await refusal({ to: "http://127.0.0.1:1/x", retries: 1 });
  expect(gone.message).toMatch(/^http:\/\/127\.0\.0\.1:1\/x cannot be reached: /);
  expect((await refusal({ to: "http://no-such-host.invalid/x" })).message).toMatch(
    /cannot be reached: .*ENOTFOUND|EAI_AGAIN/,
  );
});

test("who is interrupted waits for nothing", async () => {
  answers = [status(503)];
  const stop = new AbortController();
  const sender = createHttpSender({
    authorization: undefined,
    schema: 1,
    patience: {
      retries: 5,
      sleep: (_, signal) => {
        stop.abort(new Error("stopped"));
        signal.throwIfAborted();
        return Promise.resolve();
      },
    },
  });
  await expect(sender.send({ place: url, rows: ROWS }, stop.signal)).rejects.toThrow("stopped");
});

test("a server tells how long in seconds, or until when", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("5", now)).toBe(5000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:09 GMT", now)).toBe(9000);
  expect(retryAfterMs("Thu, 01 Jan 2025 00:00:09 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(null)).toBeUndefined();
});

test("waits grow and have an end", () => {
  const waited = Array.from({ length: 12 }, (_, retry) => waitBefore(retry));
  expect(waited[0]).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...waited)).toBeLessThanOrEqual(30_000 * 1.25);
});
