/** What an agent told of a technique, in words. */
import type { CoverageMatrix, MatrixCell } from "../../domain/coverage-matrix.ts";
import { formatCount, formatNumberOf } from "../format.ts";

const TOLD: Readonly<Record<"right" | "otherwise" | "nothing", string>> = {
  right: "seen",
  otherwise: "partly",
  nothing: "not seen",
};

export const toldText = ({ told, right, otherwise, times }: MatrixCell): string =>
  told === "sometimes" ? `${formatCount(right + otherwise)} of ${formatCount(times)}` : TOLD[told];

export const claimedText = ({ claimed }: MatrixCell): string =>
  claimed === "depends" ? "it depends" : TOLD[claimed];

/** One character: a terminal has no room for words. */
export const toldSign = ({ told }: MatrixCell): string => {
  switch (told) {
    case "right":
      return "+";
    case "otherwise":
      return "~";
    case "nothing":
      return "-";
    case "sometimes":
      return "?";
  }
};

export const wrongClaims = ({ cells }: CoverageMatrix): readonly MatrixCell[] =>
  cells.filter(({ holds }) => holds === false);

/** "23 techniques under 4 agents: 2 claims of data sheets are wrong." */
export const matrixText = (matrix: CoverageMatrix): string => {
  if (matrix.cells.length === 0) return "No technique was tried under any agent.";
  const wrong = wrongClaims(matrix).length;
  const tried = new Set(matrix.cells.map(({ technique }) => technique)).size;
  const what = `${formatNumberOf(tried, "technique")} tried under ${formatNumberOf(matrix.agents.length, "agent")}`;
  if (wrong === 0) return `${what}: every claim of their data sheets holds.`;
  return `${what}: ${formatNumberOf(wrong, "claim")} of their data sheets ${wrong === 1 ? "is" : "are"} wrong.`;
};
