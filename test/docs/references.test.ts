/** What the docs name exists: pages, files, scripts of npm, and so do pages that others name. Commands are tried in commands.test.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "../..");
const SKIPPED = new Set([".git", ".vagrant", "node_modules", "build", "coverage", "golden"]);

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [relative(ROOT, path)];
  });

const foldersAbove = (file: string): readonly string[] => {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersAbove(folder)];
};

const FILES = filesBelow(ROOT);
const PATHS = new Set(FILES.flatMap((file) => [file, ...foldersAbove(file)]));
const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const PAGES = FILES.filter((file) => file.endsWith(".md")).map((page) => ({ page, content: text(page) }));

/** The first group of every match, with the page that it stands on. */
const found = (pattern: RegExp): readonly (readonly [page: string, match: string])[] =>
  PAGES.flatMap(({ page, content }) =>
    [...content.matchAll(pattern)].map(([, match = ""]) => [page, match] as const),
  );

const anchorsOf = (page: string): readonly string[] =>
  [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

test("links lead to pages and sections that exist", () => {
  const links = found(/\]\(([^)\s]+)\)/g).filter(([, target]) => !target.includes("://"));
  const dead = links.filter(([page, target]) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    return !PATHS.has(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
  expect(links).not.toEqual([]);
  expect(dead).toEqual([]);
});

test("paths of this repository exist", () => {
  const written = found(/`([\w.@/-]+)`/g).filter(([, path]) =>
    /^(?:src|test|docs|scripts|scenarios|bpf|kernel|loader|output|shared|page)\/|\.(?:ts|rb|sh|md)$/.test(
      path,
    ),
  );
  const examples = new Set(["scenarios/exec-by-fd.ts", "scenarios/exec-by-fd.c", ".ts"]);
  // From the root, or from the folder that the page is about.
  const dead = written.filter(([, path]) => {
    const wanted = path.replace(/\/$/, "");
    return (
      !examples.has(path) && !PATHS.has(wanted) && !FILES.some((file) => `${file}/`.includes(`/${wanted}/`))
    );
  });
  expect(written).not.toEqual([]);
  expect(dead).toEqual([]);
});

test("scripts of npm are in package.json", () => {
  const named = found(/npm run ([a-z][\w:-]*)/g);
  expect(named).not.toEqual([]);
  expect(named.filter(([, name]) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
});

test("pages that hints, help texts and scripts name exist", () => {
  const named = FILES.filter((file) => /^(?:src|scripts)\/|^Vagrantfile$/.test(file)).flatMap((file) =>
    [...text(file).matchAll(/\bdocs\/[\w-]+\.\w+/g)].map(([path]) => [file, path] as const),
  );
  expect(named).not.toEqual([]);
  expect(named.filter(([, path]) => !PATHS.has(path))).toEqual([]);
});
