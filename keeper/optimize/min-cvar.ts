/** Least CVaR of the horizon loss: the linear programme of Rockafellar and Uryasev (2000), Theorem 1. */

import { magnitude, type Solved, toSolved } from "./mean-variance.ts";
import { addCommonConstraints, addReturnFloor, ProgrammeBuilder } from "./programme.ts";
import type { Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

/** Minimises CVaR_beta(-Rw) + weighted cost with a net return of at least `floor` (null: no floor). */
export function minimizeCvar(universe: Universe, solver: Solver, beta: number, floor: number | null): Solved {
  const size = universe.scenarios.length;
  const scale = magnitude(universe.scenarios.map((row) => magnitude(row)));
  const builder = new ProgrammeBuilder();
  const trades = addCommonConstraints(builder, universe);
  if (floor !== null) addReturnFloor(builder, universe, trades, floor, magnitude(universe.mu));
  for (const [column, cost] of trades.priced) builder.setCost(column, (universe.costWeight * cost) / scale);

  // |loss| <= scale because weights sum to at most one, so these bounds cut nothing off and make the dual bound finite.
  const threshold = builder.addColumn("value at risk", -1, 1, true);
  builder.setCost(threshold, 1);
  universe.scenarios.forEach((row, s) => {
    const excess = builder.addColumn(`excess of scenario ${s}`, 0, 2, true);
    builder.setCost(excess, 1 / ((1 - beta) * size));
    const entries = row.flatMap((value, i) => (value === 0 ? [] : [[i, value / scale] as const]));
    builder.addRow(`scenario ${s}`, 0, Number.POSITIVE_INFINITY, [[excess, 1], [threshold, 1], ...entries], true);
  });
  return toSolved(universe, solver.minimize(builder.build(null), 1e-3), scale);
}
