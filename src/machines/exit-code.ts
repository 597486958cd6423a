/** The status in the file that a guest writes when its job has ended. One that was cut off holds nothing, which is not 0. */
export const exitCodeIn = (text: string): number =>
  /^\d{1,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
