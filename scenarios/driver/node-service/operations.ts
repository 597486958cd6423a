/** The three operations of `node-service`, and what must exist before the window so that they can be done. */
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const NOOP = fileURLToPath(new URL("../../../build/scenarios/noop", import.meta.url));
const FILE_BYTES = 4096;

export interface Operations {
  readonly byName: Readonly<Record<string, () => Promise<void>>>;
  /** Removes the file and closes the server. Harmless when repeated. */
  release(): void;
}

/** Throws when the file cannot be written or no port is free. */
export const prepareOperations = async (directory: string): Promise<Operations> => {
  const file = join(directory, `node-service-${process.pid}`);
  writeFileSync(file, Buffer.alloc(FILE_BYTES, "x"));
  // Client and server share this process and its event loop: one operation holds the work of both sides.
  const server = createServer((_, response) => response.end("ok"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // A connection for each request, since opening one is what sensors watch.
  const agent = new Agent({ keepAlive: false });
  return {
    byName: {
      spawn: async () => {
        await execa(NOOP, { stdio: "ignore" });
      },
      "read-file": async () => {
        const bytes = await readFile(file);
        if (bytes.length !== FILE_BYTES) throw new Error(`${file} has ${bytes.length} bytes`);
      },
      http: async () => await request(port, agent),
    },
    release: () => {
      rmSync(file, { force: true });
      server.close();
      server.closeAllConnections();
    },
  };
};

const request = (port: number, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent }, (response) => {
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error("not 200"))));
      response.on("error", reject);
      response.resume();
    }).on("error", reject);
  });
