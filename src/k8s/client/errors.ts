/** Whatever a request fails with, as one of the port's few kinds. */
import { ApiException } from "@kubernetes/client-node";
import { messageOf } from "../../domain/errors.ts";
import { ClusterError, type ClusterErrorKind } from "../cluster.ts";

/** What was asked, for the message of a request that got no answer. */
export interface Asked {
  readonly server: string;
  /** A create's 409 is another than a delete's. */
  readonly creates?: boolean;
  readonly retryAfterMs?: number | undefined;
}

export const clusterErrorOf = (thrown: unknown, asked: Asked): ClusterError => {
  if (thrown instanceof ClusterError) return thrown;
  return thrown instanceof ApiException
    ? answered(
        thrown.code,
        statusIn(thrown.body),
        { ...asked, retryAfterMs: retryAfterMs(thrown.headers["retry-after"]) },
        thrown,
      )
    : unanswered(thrown, asked);
};

/** What the API server says of a failure, as far as it says it. */
interface Status {
  readonly message: string;
  readonly reason: string | undefined;
}

/** The library hands bodies on as text where its specification does not list the answer, which is nearly always. */
export const statusIn = (body: unknown): Status => {
  const found = typeof body === "string" ? parsed(body) : body;
  if (typeof found !== "object" || found === null)
    return { message: typeof body === "string" ? body.trim().slice(0, MAX_TEXT) : "", reason: undefined };
  const { message, reason } = found as Readonly<Record<string, unknown>>;
  return {
    message: typeof message === "string" ? message : "",
    reason: typeof reason === "string" ? reason : undefined,
  };
};

/** A proxy may answer with a page. */
const MAX_TEXT = 300;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** GKE's and OpenShift's refusal of critical pods, which is final in spite of its status. */
const QUOTA = /insufficient quota to match these scopes/;

const kindOf = (code: number, { reason, message }: Status, { creates }: Asked): ClusterErrorKind => {
  switch (code) {
    case 401:
    case 403:
      return "forbidden";
    case 404:
      return "not-found";
    case 409:
      return reason === "AlreadyExists" || (reason === undefined && creates === true) ? "exists" : "conflict";
    case 410:
      return "gone";
    case 429:
      return "unreachable";
    default:
      if (code >= 500) return QUOTA.test(message) ? "refused" : "unreachable";
      return "refused";
  }
};

export const answered = (code: number, status: Status, asked: Asked, cause?: unknown): ClusterError => {
  const unsaid =
    code === 401 ? `${asked.server} does not accept these credentials` : `${asked.server} answers ${code}`;
  // "Unauthorized" alone helps nobody.
  const message = status.message === "" || code === 401 ? unsaid : status.message;
  return new ClusterError(kindOf(code, status, asked), message, {
    cause,
    retryAfterMs: asked.retryAfterMs,
  });
};

/** API servers say it in seconds; a proxy may name a date, which is left alone. */
export const retryAfterMs = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,5}$/.test(header.trim()) ? Number(header) * 1000 : undefined;

/** No use trying again: another certificate, or none, is needed. */
const CERTIFICATE = /CERT|SIGNATURE|ERR_TLS|SELF_SIGNED|ERR_SSL|EPROTO/;
const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up",
  ETIMEDOUT: "no answer in time",
  ECONNRESET: "the connection broke",
  UND_ERR_SOCKET: "the connection broke",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "no answer in time",
};

const codeOf = (error: unknown): string | undefined => {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
};

/** fetch hides why it failed behind "fetch failed". */
const rootOf = (thrown: unknown): unknown => {
  const { cause } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as {
    readonly cause?: unknown;
  };
  return cause === undefined || codeOf(thrown) !== undefined ? thrown : rootOf(cause);
};

const unanswered = (thrown: unknown, { server }: Asked): ClusterError => {
  const root = rootOf(thrown);
  const code = codeOf(root);
  const isLate = thrown instanceof Error && thrown.name === "TimeoutError";
  const isBroken = thrown instanceof Error && /^(fetch failed|terminated)/.test(thrown.message);
  if (code !== undefined && CERTIFICATE.test(code))
    return new ClusterError("refused", `${server}: its certificate is not trusted: ${messageOf(root)}`, {
      cause: thrown,
    });
  if (code !== undefined && code in TEXTS)
    return new ClusterError("unreachable", `${server}: ${TEXTS[code] ?? code} (${code})`, { cause: thrown });
  if (isLate) return new ClusterError("unreachable", `${server}: no answer in time`, { cause: thrown });
  if (isBroken) return new ClusterError("unreachable", `${server}: ${messageOf(root)}`, { cause: thrown });
  // Before anything was sent: a login program that is not there, an address without TLS.
  return new ClusterError("refused", `${server} cannot be asked: ${messageOf(thrown)}`, { cause: thrown });
};
