/** A name from outside (a host's, a run's) as one part of a path: it can neither lead elsewhere nor be an option. */
const MAX_LENGTH = 120;

export const fileName = (name: string): string =>
  name
    .replaceAll(/[^\p{Letter}\p{Number}._+-]+/gu, "-")
    .replace(/^[.-]+/, "")
    .slice(0, MAX_LENGTH) || "unnamed";
