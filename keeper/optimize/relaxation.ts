/** What an infeasible programme would need: the elastic programme that pays one per unit of every limit it stretches. */
import type { NamedProgramme } from "./solver.ts";

/** One limit and by how much it would have to give way, in its own unit. */
export interface Relaxation {
  readonly constraint: string;
  readonly by: number;
}

interface Stretch {
  readonly constraint: string;
  readonly column: number;
  readonly unit: number;
}

/** A row's bound in the unit that reports speak in; twelve digits hide what scaling and back rounds. */
export const inUnit = (programme: NamedProgramme, row: number, side: "rowLower" | "rowUpper"): number => {
  const unit = programme.rowUnits?.[row] ?? 1;
  const bound = programme[side][row] ?? 0;
  return unit === 1 ? bound : Number((bound * unit).toPrecision(12));
};

/** Weights and stretches are of order one: this bounds none of them. */
const WIDE = 1e6;

/** The programme with a stretch for every limit that may give way, and nothing else in its objective. */
export function elasticProgramme(programme: NamedProgramme): {
  elastic: NamedProgramme;
  stretches: readonly Stretch[];
} {
  const cost = programme.cost.length === 0 ? [] : [...programme.cost].fill(0);
  const lower = [...programme.lower];
  const upper = [...programme.upper];
  const columnNames = [...programme.columnNames];
  const rows: { indices: readonly number[]; values: readonly number[] }[] = [...programme.rows];
  const rowLower = [...programme.rowLower];
  const rowUpper = [...programme.rowUpper];
  const rowNames = [...programme.rowNames];
  const stretches: Stretch[] = [];
  const addStretch = (constraint: string, unit = 1): number => {
    const column = cost.push(1) - 1;
    lower.push(0);
    upper.push(WIDE);
    columnNames.push(`stretch of ${constraint}`);
    stretches.push({ constraint, column, unit });
    return column;
  };
  programme.rows.forEach((row, i) => {
    if (programme.rigidRows?.has(i) === true) return;
    const low = programme.rowLower[i] ?? 0;
    const high = programme.rowUpper[i] ?? 0;
    const unit = programme.rowUnits?.[i] ?? 1;
    // One row per side: the two sides may contradict each other.
    if (Number.isFinite(low)) {
      const column = addStretch(`${programme.rowNames[i]} (at least ${inUnit(programme, i, "rowLower")})`, unit);
      rows.push({ indices: [...row.indices, column], values: [...row.values, 1] });
      rowLower.push(low);
      rowUpper.push(Number.POSITIVE_INFINITY);
      rowNames.push(programme.rowNames[i] ?? "");
    }
    if (Number.isFinite(high)) {
      const column = addStretch(`${programme.rowNames[i]} (at most ${inUnit(programme, i, "rowUpper")})`, unit);
      rows[i] = { indices: [...row.indices, column], values: [...row.values, -1] };
    }
    rowLower[i] = Number.NEGATIVE_INFINITY;
  });
  for (let j = 0; j < programme.cost.length; j++) {
    if (programme.rigidColumns?.has(j) === true) {
      // The bounds of a purchase or an excess follow from limits that may now give way; only its sign is its own.
      upper[j] = Math.max(WIDE, upper[j] ?? 0);
      if ((lower[j] ?? 0) < 0) lower[j] = -WIDE;
      continue;
    }
    const low = programme.lower[j] ?? 0;
    const high = programme.upper[j] ?? 0;
    const give = (name: string, sign: 1 | -1, from: number, to: number): void => {
      rows.push({ indices: [j, addStretch(name)], values: [1, sign] });
      rowLower.push(from);
      rowUpper.push(to);
      rowNames.push(name);
    };
    give(`${programme.columnNames[j]} (at most ${high})`, -1, Number.NEGATIVE_INFINITY, high);
    upper[j] = WIDE;
    // A weight at least zero is what a weight is; only a positive minimum can give way.
    if (low > 0) {
      give(`${programme.columnNames[j]} (at least ${low})`, 1, low, Number.POSITIVE_INFINITY);
      lower[j] = 0;
    }
  }
  const elastic: NamedProgramme = {
    cost: Float64Array.from(cost),
    hessian: null,
    lower: Float64Array.from(lower),
    upper: Float64Array.from(upper),
    rowLower: Float64Array.from(rowLower),
    rowUpper: Float64Array.from(rowUpper),
    rows,
    columnNames,
    rowNames,
    rigidRows: new Set(),
    rigidColumns: new Set(),
  };
  return { elastic, stretches };
}

/** The stretches a solution uses, largest first. */
export const usedStretches = (stretches: readonly Stretch[], x: ArrayLike<number>): Relaxation[] =>
  stretches
    .filter(({ column }) => (x[column] ?? 0) > 1e-10)
    .map(({ constraint, column, unit }) => ({ constraint, by: unit * (x[column] ?? 0) }))
    .sort((a, b) => b.by - a.by);
