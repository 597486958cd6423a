/** Kubernetes' way to write an amount: `100m`, `1.5`, `128Mi`, `2e9`. */

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/;

/** Undefined for a text that is no amount. */
export const amountOf = (quantity: string): number | undefined => {
  const match = QUANTITY.exec(quantity.trim());
  if (match === null) return undefined;
  const [, number, exponent, suffix = ""] = match;
  return Number(number) * (exponent === undefined ? (FACTORS[suffix] ?? 1) : 10 ** Number(exponent));
};
