/** What making the parts of a guest takes, as seen on two cores without hardware virtualisation. */

export interface Cost {
  readonly minutes: number;
  readonly megabytes: number;
}

export const LAB: Cost = { minutes: 2, megabytes: 850 };
export const BOX: Cost = { minutes: 2, megabytes: 1400 };
export const PAYLOAD: Cost = { minutes: 1, megabytes: 350 };
