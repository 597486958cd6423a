/** A real Kafka broker, where `npm run test:kafka` has fetched one: without TLS, behind a proxy that breaks, and with TLS and SASL. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const JARS = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tare/kafka");

/** Why there is none; undefined: there is. */
export const whyNoBroker = (): string | undefined => {
  if (!existsSync(join(JARS, "whole"))) return "npm run test:kafka has not fetched a broker";
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no java";
  }
};

export const USER = "tare";
export const PASSWORD = "open sesame";

export interface Broker {
  readonly plain: string;
  readonly proxied: string;
  readonly secure: string;
  /** PEM file of the authority that signed the broker's certificate. */
  readonly ca: string;
  /** The next request that is longer than a greeting reaches the broker, and its answer nobody. */
  breakOnce(): void;
  broken(): number;
  stop(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const openssl = (folder: string, ...args: readonly string[]): void => {
  execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
};

const makeCertificates = (folder: string): void => {
  const subject = (name: string): readonly string[] => ["-subj", `/CN=${name}`];
  openssl(
    folder,
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    ...subject("tare test"),
  );
  openssl(
    folder,
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "broker.key",
    "-out",
    "broker.csr",
    ...subject("127.0.0.1"),
  );
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  openssl(
    folder,
    "x509",
    "-req",
    "-in",
    "broker.csr",
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    "names",
    "-out",
    "broker.crt",
  );
  const pem = ["broker.key", "broker.crt"].map((name) => readFileSync(join(folder, name), "utf8")).join("");
  writeFileSync(join(folder, "broker.pem"), pem);
};

interface Ports {
  readonly plain: number;
  readonly proxied: number;
  readonly proxy: number;
  readonly secure: number;
  readonly controller: number;
}

const properties = (folder: string, ports: Ports): string =>
  `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${ports.controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${ports.plain},PROXIED://127.0.0.1:${ports.proxied},SECURE://127.0.0.1:${ports.secure},CONTROLLER://127.0.0.1:${ports.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports.plain},PROXIED://127.0.0.1:${ports.proxy},SECURE://127.0.0.1:${ports.secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";
ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, "broker.pem")}
log.dirs=${join(folder, "log")}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;

const java = (name: string, ...args: readonly string[]): readonly string[] => [
  "-Xmx400m",
  "-XX:+UseSerialGC",
  "-cp",
  join(JARS, "*"),
  name,
  ...args,
];

/** Longer than any request of a client that only asks what there is. */
const MIN_ROWS_BYTES = 4096;

const createProxy = async (port: number, target: number) => {
  let isToBreak = false;
  let broken = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let isCut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      upstream.write(chunk);
      if (isToBreak && chunk.length >= MIN_ROWS_BYTES) {
        isToBreak = false;
        isCut = true;
      }
    });
    upstream.on("data", (chunk) => {
      if (!isCut) {
        client.write(chunk);
        return;
      }
      broken += 1;
      client.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    breakOnce: () => {
      isToBreak = true;
    },
    broken: () => broken,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

export const startBroker = async (folder: string): Promise<Broker> => {
  mkdirSync(folder, { recursive: true });
  makeCertificates(folder);
  const [plain = 0, proxied = 0, proxy = 0, secure = 0, controller = 0] = await Promise.all(
    Array.from({ length: 5 }, freePort),
  );
  const config = join(folder, "server.properties");
  writeFileSync(config, properties(folder, { plain, proxied, proxy, secure, controller }));
  execFileSync(
    "java",
    java(
      "kafka.tools.StorageTool",
      "format",
      "--standalone",
      "--cluster-id",
      "MkU3OEVBNTcwNTJENDM2Qg",
      "--config",
      config,
      "--add-scram",
      `SCRAM-SHA-512=[name=${USER},password="${PASSWORD}"]`,
    ),
    { stdio: "pipe" },
  );
  const broker = spawn("java", java("kafka.Kafka", config), { stdio: ["ignore", "pipe", "pipe"] });
  const between = await createProxy(proxy, proxied);
  const stop = async (): Promise<void> => {
    between.close();
    await ended(broker);
  };
  try {
    await listening(broker, plain);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    plain: `127.0.0.1:${plain}`,
    proxied: `127.0.0.1:${proxy}`,
    secure: `127.0.0.1:${secure}`,
    ca: join(folder, "ca.pem"),
    breakOnce: between.breakOnce,
    broken: between.broken,
    stop,
  };
};

const ended = async (broker: ChildProcess): Promise<void> => {
  if (broker.exitCode !== null) return;
  const gone = new Promise((resolve) => broker.once("exit", resolve));
  broker.kill("SIGKILL");
  await gone;
};

const answers = async (port: number): Promise<boolean> =>
  await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });

const listening = async (broker: ChildProcess, port: number): Promise<void> => {
  let said = "";
  for (const stream of [broker.stdout, broker.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4000);
    });
  while (!(await answers(port))) {
    if (broker.exitCode !== null) throw new Error(`the broker ended: ${said}`);
    await wait(100);
  }
};
