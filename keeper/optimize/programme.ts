/** The constraints every objective shares, as a convex programme in construction. */
import { dot } from "../math/statistics.ts";
import type { NamedProgramme } from "./solver.ts";
import type { Universe } from "./universe.ts";

/** Collects columns and rows; columns 0..n-1 are the weights, column n is idle. */
export class ProgrammeBuilder {
  readonly #cost: number[] = [];
  readonly #lower: number[] = [];
  readonly #upper: number[] = [];
  readonly #columnNames: string[] = [];
  readonly #rows: { indices: number[]; values: number[] }[] = [];
  readonly #rowLower: number[] = [];
  readonly #rowUpper: number[] = [];
  readonly #rowNames: string[] = [];
  readonly #rowUnits: number[] = [];
  readonly #rigidRows = new Set<number>();
  readonly #rigidColumns = new Set<number>();

  /** @param isRigid true for a column whose bounds are part of what the programme means, not a wish. */
  addColumn(name: string, lower: number, upper: number, isRigid = false): number {
    if (isRigid) this.#rigidColumns.add(this.#cost.length);
    this.#columnNames.push(name);
    this.#lower.push(lower);
    this.#upper.push(upper);
    return this.#cost.push(0) - 1;
  }

  /** @param unit what one of the row's bounds stands for, where the row is scaled: reports speak in it. */
  addRow(
    name: string,
    lower: number,
    upper: number,
    entries: readonly (readonly [number, number])[],
    isRigid = false,
    unit = 1,
  ): void {
    this.#rowUnits.push(unit);
    if (isRigid) this.#rigidRows.add(this.#rows.length);
    this.#rowNames.push(name);
    this.#rowLower.push(lower);
    this.#rowUpper.push(upper);
    this.#rows.push({ indices: entries.map(([index]) => index), values: entries.map(([, value]) => value) });
  }

  /** One more entry of a row that is there already. */
  addEntry(row: number, column: number, value: number): void {
    this.#rows[row]?.indices.push(column);
    this.#rows[row]?.values.push(value);
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  setCost(column: number, cost: number): void {
    this.#cost[column] = cost;
  }

  build(hessian: readonly (readonly number[])[] | null): NamedProgramme {
    return {
      cost: Float64Array.from(this.#cost),
      hessian,
      lower: Float64Array.from(this.#lower),
      upper: Float64Array.from(this.#upper),
      rowLower: Float64Array.from(this.#rowLower),
      rowUpper: Float64Array.from(this.#rowUpper),
      rows: this.#rows,
      columnNames: this.#columnNames,
      rowNames: this.#rowNames,
      rowUnits: this.#rowUnits,
      rigidRows: this.#rigidRows,
      rigidColumns: this.#rigidColumns,
    };
  }
}

/** Columns that cost money when they move: the linearised |w - w0|, split by direction. */
export interface TradeColumns {
  /** Pairs of column and cost per unit. */
  readonly priced: readonly (readonly [number, number])[];
}

/** Weights, idle, trades, budget and risk-id caps. Strategies that trade free of cost need no trade columns. */
export function addCommonConstraints(builder: ProgrammeBuilder, universe: Universe): TradeColumns {
  const { ids, current, lower, upper } = universe;
  for (const [i, id] of ids.entries()) builder.addColumn(`weight of strategy ${id}`, lower[i] ?? 0, upper[i] ?? 0);
  const idle = builder.addColumn("idle", universe.minimumIdle, universe.maximumIdle);
  builder.addRow(
    "sum of weights and idle",
    1,
    1,
    [...ids.keys(), idle].map((column) => [column, 1] as const),
    true,
  );
  for (const group of universe.groups) {
    const entries = group.members.map((member) => [member, 1] as const);
    builder.addRow(group.name, Number.NEGATIVE_INFINITY, group.cap, entries);
  }
  const priced: (readonly [number, number])[] = [];
  ids.forEach((id, i) => {
    const enter = universe.enter[i] ?? 0;
    const exit = universe.exit[i] ?? 0;
    if (enter + exit === 0) return;
    const start = current[i] ?? 0;
    const entries: (readonly [number, number])[] = [[i, 1]];
    // A direction with no room gets no column: the quadratic solver stumbles over columns fixed at zero.
    const inflow = (upper[i] ?? 0) - start;
    if (inflow > 0) {
      const column = builder.addColumn(`inflow of strategy ${id}`, 0, inflow, true);
      entries.push([column, -1]);
      priced.push([column, enter]);
    }
    const outflow = start - (lower[i] ?? 0);
    if (outflow > 0) {
      const column = builder.addColumn(`outflow of strategy ${id}`, 0, outflow, true);
      entries.push([column, 1]);
      priced.push([column, exit]);
    }
    builder.addRow(`trade of strategy ${id}`, start, start, entries, true);
  });
  return { priced };
}

/** Least expected return net of the weighted cost, in units of `scale`. */
export function addReturnFloor(
  builder: ProgrammeBuilder,
  universe: Universe,
  trades: TradeColumns,
  floor: number,
  scale: number,
): void {
  const entries = [
    ...universe.mu.map((value, i) => [i, value / scale] as const),
    ...trades.priced.map(([column, cost]) => [column, (-universe.costWeight * cost) / scale] as const),
  ];
  builder.addRow("least net return", floor / scale, Number.POSITIVE_INFINITY, entries);
}

/** Share of NAV lost to entry and exit by moving from the current weights to these. */
export function linearCost(universe: Universe, weights: readonly number[]): number {
  return weights.reduce((total, weight, i) => {
    const move = weight - (universe.current[i] ?? 0);
    return total + (move > 0 ? move * (universe.enter[i] ?? 0) : -move * (universe.exit[i] ?? 0));
  }, 0);
}

/** Expected return net of the weighted cost: what the return floor bounds. */
export const netReturn = (universe: Universe, weights: readonly number[]): number =>
  dot(universe.mu, weights) - universe.costWeight * linearCost(universe, weights);
