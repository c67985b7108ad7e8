/** Reference fixtures and real series that lie outside the repository; tests that need them skip without them. */
import { existsSync, readFileSync } from "node:fs";
import type { Context } from "mocha";

const root = new URL("../../../shared/", import.meta.url);

/** Text of a shared file, or a skipped test. */
export function sharedText(test: Context, path: string): string {
  const url = new URL(path, root);
  if (!existsSync(url)) test.skip();
  return readFileSync(url, "utf8");
}

export const sharedJson = (test: Context, path: string): unknown => JSON.parse(sharedText(test, path));

/** Rows of numbers of a CSV file without header. */
export const sharedMatrix = (test: Context, path: string): number[][] =>
  sharedText(test, path)
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));

/** Columns by name of a CSV file with header; the first column is dropped. */
export function sharedColumns(test: Context, path: string): Map<string, number[]> {
  const [header = "", ...lines] = sharedText(test, path).trim().split("\n");
  const rows = lines.map((line) => line.split(",").map(Number));
  return new Map(header.split(",").map((name, i) => [name, rows.map((row) => row[i] ?? Number.NaN)]));
}
