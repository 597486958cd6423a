/** What an agent offers over HTTP on addresses of its own network: in a container they are not the node's, nor those of the pod that measures. */
import { ANSWER_TIMEOUT_MS, MAX_ANSWER_BYTES } from "../../domain/bounds.ts";
import type { Completed, Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";

type Asking = Pick<Host, "run" | "httpGet">;

/** `pid`: of the agent; undefined: it is in the node's network, and so is whoever asks. */
export const getFromNetworkOf = async (
  host: Asking,
  pid: number | undefined,
  url: string,
): Promise<Reading<string>> => {
  if (pid === undefined) return await host.httpGet(url);
  const looked = await host.run("readlink", ["/proc/self/ns/net", `/proc/${pid}/ns/net`]);
  const [here, there] = looked.stdout.trim().split("\n");
  if (here === undefined || there === undefined)
    return missing(`${url}: in which network process ${pid} is cannot be told: ${saidBy(looked)}`);
  return here === there ? await host.httpGet(url) : await getInside(host, pid, url);
};

/** Node cannot enter a network, and a second Node only to ask would be dear. The answer ends with the connection. */
const ASK = `exec 3<>"/dev/tcp/$1/$2" || exit 7
printf 'GET %s HTTP/1.0\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' "$3" "$1" >&3
exec head -c ${MAX_ANSWER_BYTES} <&3`;

const getInside = async (host: Asking, pid: number, url: string): Promise<Reading<string>> => {
  const { hostname, port, pathname, search } = new URL(url);
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const asked = await host.run(
    "nsenter",
    [`--net=/proc/${pid}/ns/net`, "--", "bash", "-c", ASK, "bash", address, port || "80", pathname + search],
    { timeoutMs: ANSWER_TIMEOUT_MS },
  );
  const where = `${url}, in the network of process ${pid}`;
  if (asked.exitCode !== 0) return missing(`${where}: ${saidBy(asked)}`);
  const [, code, status = "", body] =
    /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^]*)$/.exec(asked.stdout) ?? [];
  if (code === undefined || body === undefined) return missing(`${where} does not answer as HTTP does`);
  return code === "200" ? value(body) : missing(`${where} answers ${code} ${status}`.trim());
};

const saidBy = ({ exitCode, stderr }: Completed): string => {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return (
    last || (exitCode === undefined ? "it did not end in time, or is not there" : `exit code ${exitCode}`)
  );
};
