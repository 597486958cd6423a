/**
 * Memory to read a file in chunks, used again by the next reader. New memory for each would be some MiB a trial, which sets V8 to
 * marking: it goes on with that by itself when nothing else happens, and so inside the window.
 */
export const CHUNK_BYTES = 1 << 20;

const free: Uint8Array[] = [];

export const takeBuffer = (): Uint8Array => free.pop() ?? new Uint8Array(CHUNK_BYTES);

export const giveBack = (buffer: Uint8Array): void => {
  free.push(buffer);
};
