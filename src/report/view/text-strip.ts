/** A strip of seconds in characters of one width: "▁▁█▁▁▂▁▁█". */
const LEVELS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const UNKNOWN = "·";
const MAX_CELLS = 60;

/** `most`: of the highest character. A longer strip shows the highest of each of its stretches. */
export const textStrip = (strip: readonly (number | null)[], most: number): string => {
  const size = Math.max(1, Math.ceil(strip.length / MAX_CELLS));
  return Array.from({ length: Math.ceil(strip.length / size) }, (_, index) => {
    const known = strip.slice(index * size, (index + 1) * size).filter((one) => one !== null);
    if (known.length === 0) return UNKNOWN;
    const share = most <= 0 ? 0 : Math.sqrt(Math.max(0, ...known) / most);
    return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))] ?? UNKNOWN;
  }).join("");
};
