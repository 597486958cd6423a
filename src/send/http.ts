/** Rows by HTTP: batches of NDJSON, compressed, each of them taken by the server or sent again (docs/lake.md). */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "../domain/errors.ts";
import { type Patience, type Tried, withRetries } from "./retry.ts";
import type { Batch, Sender, SentRow } from "./sender.ts";
import { withoutQuery } from "./destination.ts";

const compress = promisify(gzip);

const HTTP_TIMEOUT_MS = 30_000;
/** Of an answer that says why: more of it nobody reads. */
const MAX_ANSWER_BYTES = 16 * 1024;
const MAX_QUOTED = 200;

export interface HttpOptions {
  /** The whole header. */
  readonly authorization: string | undefined;
  readonly patience: Patience;
  readonly schema: number;
}

export const createHttpSender = (options: HttpOptions): Sender => ({
  send: async ({ place, rows }, signal) => {
    await sendRows(place, rows, options, signal);
  },
  close: () => Promise.resolve(),
});

class TooLarge extends Error {}

/** What is too much at once for the server is sent in halves. */
const sendRows = async (
  url: Batch["place"],
  rows: readonly SentRow[],
  options: HttpOptions,
  signal: AbortSignal,
): Promise<void> => {
  const body = await compress(rows.map(({ text }) => `${text}\n`).join(""));
  try {
    await withRetries(
      async () => await post(url, body, rows.length, options, signal),
      options.patience,
      signal,
    );
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    const half = rows.length / 2;
    await sendRows(url, rows.slice(0, half), options, signal);
    await sendRows(url, rows.slice(half), options, signal);
  }
};

const post = async (
  url: string,
  body: Uint8Array<ArrayBuffer>,
  rows: number,
  { authorization, schema }: HttpOptions,
  signal: AbortSignal,
): Promise<Tried> => {
  const where = withoutQuery(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
        "user-agent": "tare",
        "tare-schema": String(schema),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      // It would take the credentials to wherever it leads.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(HTTP_TIMEOUT_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    return notReached(where, error);
  }
  const said = await firstLineOf(response);
  if (response.status === 413 && rows > 1) throw new TooLarge();
  return answerOf(where, response, said);
};

const answerOf = (where: string, { status, statusText, headers }: Response, said: string): Tried => {
  if (status >= 200 && status < 300) return { kind: "done" };
  const why = `${where} answers ${`${status} ${statusText}`.trim()}${said === "" ? "" : `: ${said}`}`;
  if (status >= 300 && status < 400) {
    const to = headers.get("location");
    return {
      kind: "never",
      why: `${why}${to === null ? "" : ` (leads to ${withoutQuery(to)})`}`,
      hint: "tare follows no redirection, which would take rows and credentials elsewhere: give the address that it leads to, if it is yours",
    };
  }
  if (status === 401 || status === 403)
    return {
      kind: "never",
      why,
      hint: "TARE_HTTP_AUTHORIZATION, or the file that TARE_HTTP_AUTHORIZATION_FILE names, holds the whole header, such as: Bearer TOKEN",
    };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers.get("retry-after"));
    return {
      kind: "again",
      why,
      hint: "the server is busy or broken: send again later",
      ...(afterMs === undefined ? {} : { afterMs }),
    };
  }
  return { kind: "never", why, hint: "the server does not take such rows: docs/lake.md has their columns" };
};

/** In seconds, or as a date. */
export const retryAfterMs = (header: string | null, nowMs = Date.now()): number | undefined => {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
};

/** Those of which no second try gets further. */
const HOPELESS = /CERT|TLS|SSL|SIGNATURE|SELF_SIGNED|EPROTO|ENOTFOUND|INVALID/;

const notReached = (where: string, error: unknown): Tried => {
  const { cause, name } = error as { readonly cause?: NodeJS.ErrnoException; readonly name?: string };
  if (name === "TimeoutError")
    return {
      kind: "again",
      why: `${where} has not answered within ${HTTP_TIMEOUT_MS / 1000} s`,
      hint: "is the server there, and does a firewall let this machine through?",
    };
  const code = cause?.code ?? "";
  const said = cause === undefined || cause.message === "" ? code || messageOf(error) : cause.message;
  const why = `${where} cannot be reached: ${said}`;
  if (/CERT|SIGNATURE|SELF_SIGNED/.test(code))
    return {
      kind: "never",
      why,
      hint: "NODE_EXTRA_CA_CERTS names a file with the certificate of the authority that signed the server's",
    };
  return {
    kind: HOPELESS.test(code) || cause === undefined ? "never" : "again",
    why,
    hint: "is the address right, and the server there?",
  };
};

/** What a server says in its own words, from its first line that says anything; the rest is left unread. */
const firstLineOf = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status is there, and says whether the rows are.
  }
  const text = Buffer.concat(chunks).toString("utf8");
  const line = text.split(/\r?\n/).find((one) => one.trim() !== "") ?? "";
  return line.trim().slice(0, MAX_QUOTED);
};
