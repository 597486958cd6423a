/** What guests of one libvirt share, such as boxes and networks, is touched by one of them at a time: Vagrant holds no lock on it. */
export class Gate {
  #last: Promise<void> = Promise.resolve();

  /** Waits for those before. The result lets the next one in. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}
