/** What of the watched points was reached, as figures per file. */
import type { Instrumented, Point } from "./points.ts";

export interface Figures {
  readonly path: string;
  readonly lines: number;
  readonly linesReached: number;
  readonly linePercent: number;
  readonly branches: number;
  readonly branchesReached: number;
  readonly branchPercent: number;
  /** 1-based. */
  readonly missingLines: readonly number[];
  /** "line outcome", for each outcome never seen. */
  readonly missingBranches: readonly string[];
}

const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole);

/** A line counts as reached when every statement that starts on it was. */
function linesOf(points: readonly Point[], reached: ReadonlySet<number>): Map<number, boolean> {
  const lines = new Map<number, boolean>();
  for (const point of points)
    if (point.kind === "statement") lines.set(point.line, (lines.get(point.line) ?? true) && reached.has(point.id));
  return lines;
}

export function figuresOf(file: Instrumented, reached: ReadonlySet<number>): Figures {
  const lines = linesOf(file.points, reached);
  const branches = file.points.filter((point) => point.kind === "branch");
  const missing = branches.filter((point) => !reached.has(point.id));
  const missingLines = [...lines].filter(([, isReached]) => !isReached).map(([line]) => line);
  const linesReached = lines.size - missingLines.length;
  const branchesReached = branches.length - missing.length;
  return {
    path: file.path,
    lines: lines.size,
    linesReached,
    linePercent: percent(linesReached, lines.size),
    branches: branches.length,
    branchesReached,
    branchPercent: percent(branchesReached, branches.length),
    missingLines: missingLines.sort((a, b) => a - b),
    missingBranches: missing.map((point) => `${point.line} ${point.outcome}`),
  };
}

export function sumOf(path: string, files: readonly Figures[]): Figures {
  const sum = (pick: (file: Figures) => number): number => files.reduce((total, file) => total + pick(file), 0);
  const [lines, linesReached] = [sum((file) => file.lines), sum((file) => file.linesReached)];
  const [branches, branchesReached] = [sum((file) => file.branches), sum((file) => file.branchesReached)];
  return {
    path,
    lines,
    linesReached,
    linePercent: percent(linesReached, lines),
    branches,
    branchesReached,
    branchPercent: percent(branchesReached, branches),
    missingLines: [],
    missingBranches: [],
  };
}

export function tableOf(figures: readonly Figures[]): string {
  const rows = figures.map((file) => [
    file.path,
    `${file.linesReached}/${file.lines}`,
    file.linePercent.toFixed(1),
    `${file.branchesReached}/${file.branches}`,
    file.branchPercent.toFixed(1),
    [...file.missingLines.map(String), ...file.missingBranches].join(", "),
  ]);
  const head = ["file", "lines", "%", "branches", "%", "never reached (line, or line and outcome)"];
  const widths = head.map((title, column) =>
    column === 5 ? 0 : Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  return [head, ...rows].map(line).join("\n");
}

/** The tracefile format of geninfo(1). */
export function lcovOf(files: readonly Instrumented[], reached: ReadonlySet<number>): string {
  const sections = files
    .filter((file) => file.points.length > 0)
    .map((file) => {
      const lines = [...linesOf(file.points, reached)].sort(([a], [b]) => a - b);
      const branches = file.points.filter((point) => point.kind === "branch");
      return [
        "TN:",
        `SF:${file.path}`,
        ...branches.map((b) => `BRDA:${b.line},${b.decision},${b.outcome},${reached.has(b.id) ? 1 : 0}`),
        `BRF:${branches.length}`,
        `BRH:${branches.filter((b) => reached.has(b.id)).length}`,
        ...lines.map(([number, isReached]) => `DA:${number},${isReached ? 1 : 0}`),
        `LF:${lines.length}`,
        `LH:${lines.filter(([, isReached]) => isReached).length}`,
        "end_of_record",
      ].join("\n");
    });
  return `${sections.join("\n")}\n`;
}
