/** Memory to read a file in chunks, used again by the next reader: new memory for each would be some MiB of garbage a trial. */
export const CHUNK_BYTES = 1 << 20;

const free: Uint8Array[] = [];

export const takeBuffer = (): Uint8Array => free.pop() ?? new Uint8Array(CHUNK_BYTES);

export const giveBack = (buffer: Uint8Array): void => {
  free.push(buffer);
};
