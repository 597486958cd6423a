/** Whether readers can tell twelve agents apart: by the shapes of their marks, the dashes of their lines, and hues as people with each kind of vision see them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HUES, lookOf } from "../../src/report/charts/palette.ts";
import { ROOT } from "../support/agent-session.ts";
import { manyAgents } from "./support/many-agents.ts";
import { renderHtml } from "./support/render.ts";

const AGENTS = 12;
const CSS = readFileSync(join(ROOT, "src/report/page/style.css"), "utf8");

type Colour = readonly [number, number, number];

const parsed = (hex: string): Colour => {
  const long = hex.length === 4 ? hex.replaceAll(/[0-9a-f]/g, "$&$&") : hex;
  const part = (at: number): number => Number.parseInt(long.slice(at, at + 2), 16) / 255;
  return [part(1), part(3), part(5)];
};

/** A variable of the page, on light and on dark paper. */
const variable = (name: string): readonly [light: Colour, dark: Colour] => {
  const [, light = "", dark = ""] =
    new RegExp(`--${name}: light-dark\\((#[0-9a-f]+), (#[0-9a-f]+)\\);`).exec(CSS) ?? [];
  expect([name, light]).not.toEqual([name, ""]);
  return [parsed(light), parsed(dark)];
};

/** Light itself, of which screens' numbers are a power: IEC 61966-2-1. */
const linear = (colour: Colour): Colour => {
  const of = (part: number): number => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return [of(colour[0]), of(colour[1]), of(colour[2])];
};

type Matrix = readonly [Colour, Colour, Colour];

const times = (matrix: Matrix, [r, g, b]: Colour): Colour => {
  const row = ([x, y, z]: Colour): number => x * r + y * g + z * b;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
};

/** Machado, Oliveira, Fernandes 2009: each kind of vision at its full severity. */
const VISIONS: Readonly<Record<string, Matrix>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "without red": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "without green": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "without blue": [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Oklab (Ottosson 2020), in which colours that look as different lie as far from each other. */
const CONES: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const seen = (colour: Colour, vision: Matrix): Colour => {
  const shown = times(vision, linear(colour));
  const clipped: Colour = [clip(shown[0]), clip(shown[1]), clip(shown[2])];
  const cones = times(CONES, clipped);
  return times(LAB, [Math.cbrt(cones[0]), Math.cbrt(cones[1]), Math.cbrt(cones[2])]);
};
const clip = (part: number): number => Math.min(1, Math.max(0, part));

/** In hundredths; 2 is just to be seen side by side. */
const apart = (a: Colour, b: Colour, vision: Matrix): number => {
  const [x, y] = [seen(a, vision), seen(b, vision)];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
};

/** WCAG 2.1. */
const luminance = (colour: Colour): number =>
  times(
    [
      [0.2126, 0.7152, 0.0722],
      [0, 0, 0],
      [0, 0, 0],
    ],
    linear(colour),
  )[0];
const contrast = (a: Colour, b: Colour): number => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

const VIEW = manyAgents(AGENTS);
const NAMES = VIEW.agents.filter(({ id }) => id !== "baseline").map(({ id }) => id);
const nameOf = (colour: string): string => colour.slice("var(--".length, -1);
const LOOKS = ["baseline", ...NAMES].map((id) => ({ id, ...lookOf(VIEW, id) }));
const PAIRS = LOOKS.flatMap((one, at) => LOOKS.slice(at + 1).map((other) => [one, other] as const));

test("twelve agents have twelve looks, by marks and by lines", () => {
  expect(NAMES).toHaveLength(AGENTS);
  expect(new Set(LOOKS.map(({ colour, shape }) => `${colour} ${shape}`)).size).toBe(LOOKS.length);
  expect(new Set(LOOKS.map(({ colour, dash }) => `${colour} ${dash.join()}`)).size).toBe(LOOKS.length);
  // A shape has a dash of its own, so that a line is known by the mark in its legend.
  const agents = LOOKS.filter(({ id }) => id !== "baseline");
  expect(new Set(agents.map(({ shape, dash }) => `${shape} ${dash.join()}`)).size).toBe(
    new Set(agents.map(({ shape }) => shape)).size,
  );
});

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("on %s paper", (_, paper) => {
  const of = (name: string): Colour => variable(name)[paper];

  test.each(Object.entries(VISIONS))(
    "marks of one shape have hues that are far apart: vision %s",
    (_, vision) => {
      const near = PAIRS.filter(([one, other]) => one.shape === other.shape).flatMap(([one, other]) => {
        const far = apart(of(nameOf(one.colour)), of(nameOf(other.colour)), vision);
        // The baseline is grey, and its lines are dotted as no agent's are.
        return far >= (one.id === "baseline" ? 8 : 10) ? [] : [`${one.id}, ${other.id}: ${far.toFixed(1)}`];
      });
      expect(near).toEqual([]);
    },
  );

  test("hues stand out from the paper, and are none of those that mean an alarm", () => {
    for (let hue = 0; hue < HUES; hue += 1) {
      const colour = of(`agent-${hue}`);
      expect([hue, contrast(colour, of("paper")) >= 3]).toEqual([hue, true]);
      expect([hue, apart(colour, of("over"), VISIONS["usual"] ?? LAB) >= 8]).toEqual([hue, true]);
    }
  });

  test("all hues differ for those who see them all", () => {
    const hues = Array.from({ length: HUES }, (__, hue) => of(`agent-${hue}`));
    const nearest = Math.min(
      ...hues.flatMap((one, at) =>
        hues.slice(at + 1).map((other) => apart(one, other, VISIONS["usual"] ?? LAB)),
      ),
    );
    expect(nearest).toBeGreaterThanOrEqual(12);
  });
});

test("a page of twelve shows each with its own mark, in tables and in charts", async () => {
  const page = await renderHtml(VIEW);
  const dots = NAMES.map((name) => {
    const label = new RegExp(
      `data-agent="${name}"><span\\s+class="dot ([a-z-]+)"\\s+style="background:([^"]+)"`,
    );
    const [, shape = "", colour = ""] = label.exec(page) ?? [];
    return { colour, shape };
  });
  expect(dots).toEqual(
    NAMES.map((name) => ({ colour: lookOf(VIEW, name).colour, shape: lookOf(VIEW, name).shape })),
  );
  for (const shape of new Set(dots.map((dot) => dot.shape))) expect(CSS).toContain(`.dot.${shape} {`);
  const charts = page.match(/<svg [^>]*class="chart"[^]*?<\/svg>/g) ?? [];
  const curves = charts.filter((chart) => chart.includes("Latency by percentile"));
  expect(curves.length).toBeGreaterThan(0);
  for (const chart of curves) {
    const dashes = new Set(Array.from(chart.matchAll(/stroke-dasharray="([\d.,]+)"/g), ([, dash]) => dash));
    expect([...dashes]).toEqual(expect.arrayContaining(["8,3", "8,3,2,3", "4,4", "2,3"]));
  }
});
