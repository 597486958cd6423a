/** A node on which every program, file and server answers with the next part of the input. */
import type { Completed, Host } from "../../../src/domain/host.ts";
import { missing, value } from "../../../src/domain/units.ts";
import { FakeHost } from "../../support/fake-host.ts";

/** Between two answers. An empty one is an exit status of 1, or a file that is not there. */
export const NEXT_ANSWER = "\n==\n";

/** What is asked again and again must end. */
const MAX_ANSWERS = 2000;

export class AnsweringHost extends FakeHost {
  readonly #parts: readonly string[];
  #asked = 0;

  constructor(input: Buffer) {
    super();
    this.#parts = input.toString().split(NEXT_ANSWER);
  }

  #next(): string {
    this.#asked += 1;
    return this.#asked > MAX_ANSWERS ? "" : (this.#parts[this.#asked % this.#parts.length] ?? "");
  }

  override run(): Promise<Completed> {
    const said = this.#next();
    return Promise.resolve({ exitCode: said === "" ? 1 : 0, stdout: said, stderr: said.slice(0, 64) });
  }

  override which(name: string): Promise<string | undefined> {
    return Promise.resolve(`/usr/bin/${name}`);
  }

  override readText(path: string): ReturnType<Host["readText"]> {
    const text = this.#next();
    return Promise.resolve(text === "" ? missing(`${path}: no such file`) : value(text));
  }

  override httpGet(url: string): ReturnType<Host["httpGet"]> {
    return this.readText(url);
  }

  override list(): Promise<readonly string[]> {
    const names = this.#next().split("\n").slice(0, 16);
    return Promise.resolve(names.filter((name) => name !== "" && !name.includes("/")));
  }
}
