/** A programme on which HiGHS' active-set method cycles without end: found by the demonstration with seed 2. */
import { strict as assert } from "node:assert";
import { infeasibility } from "../../../keeper/math/certificate.ts";
import { type NamedProgramme, Solver } from "../../../keeper/optimize/solver.ts";

/** Least variance for a given net return, four strategies, inflow and outflow apart. */
const programme: NamedProgramme = {
  cost: Float64Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  rigidRows: new Set(),
  rigidColumns: new Set(),
  lower: Float64Array.from([0, 0, 0, 0, 0.04999999988380603, 0, 0, 0, 0, 0, 0, 0]),
  upper: Float64Array.from([
    0.3992, 0.2495, 0.3992, 0.3493, 1, 0.3992, 0.0944003740488322, 0.1550996259511678, 0.09264539594759669,
    0.3065546040524033, 0.08127652319514228, 0.2680234768048577,
  ]),
  rowLower: Float64Array.from([
    1,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    0.1550996259511678,
    0.3065546040524033,
    0.2680234768048577,
    0.053211618987447334,
  ]),
  rowUpper: Float64Array.from([
    1,
    0.6487,
    0.7484999999999999,
    0.3493,
    0,
    0.1550996259511678,
    0.3065546040524033,
    0.2680234768048577,
    Number.POSITIVE_INFINITY,
  ]),
  hessian: [
    [0.0025715854725345466, -1.756712660413809e-5, -0.0002747927551331118, 0.00024240710708547025],
    [-1.756712660413809e-5, 0.002222750093389573, 8.490772431934774e-5, 0.00046375716812310184],
    [-0.0002747927551331118, 8.490772431934774e-5, 0.01658852590652117, 0.0026635204231187063],
    [0.00024240710708547025, 0.00046375716812310184, 0.0026635204231187063, 1],
  ],
  rows: [
    { indices: [0, 1, 2, 3, 4], values: [1, 1, 1, 1, 1] },
    { indices: [0, 1], values: [1, 1] },
    { indices: [2, 3], values: [1, 1] },
    { indices: [3], values: [1] },
    { indices: [0, 5], values: [1, -1] },
    { indices: [1, 6, 7], values: [1, -1, 1] },
    { indices: [2, 8, 9], values: [1, -1, 1] },
    { indices: [3, 10, 11], values: [1, -1, 1] },
    {
      indices: [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11],
      values: [
        0.526844958820345, 0.6881297400864786, 0.8800564138847193, 1, -0.023382638627609406, -0.023382638627609406,
        -0.023382638627609406, -0.023382638627609406, -0.12104829138650457, -0.32344733121066, -0.1787242321441736,
      ],
    },
  ],
  columnNames: [
    "weight of strategy 1",
    "weight of strategy 2",
    "weight of strategy 3",
    "weight of strategy 4",
    "idle",
    "inflow of strategy 1",
    "inflow of strategy 2",
    "outflow of strategy 2",
    "inflow of strategy 3",
    "outflow of strategy 3",
    "inflow of strategy 4",
    "outflow of strategy 4",
  ],
  rowNames: [
    "sum of weights and idle",
    "total of risk id 0",
    "total of risk id 1",
    "total of risk id 2",
    "trade of strategy 1",
    "trade of strategy 2",
    "trade of strategy 3",
    "trade of strategy 4",
    "least net return",
  ],
};

describe("a programme on which the quadratic solver cycles", () => {
  it("ends at a bound in iterations, and the way over vertices finds the optimum", async () => {
    const solver = await Solver.load();
    const found = solver.minimize(programme, 1e-3);
    assert.ok(found.gap <= 1e-8 && found.gap >= -1e-12, `gap ${found.gap}`);
    assert.ok(infeasibility(programme, found.x) <= 1e-8);
    // The same again: the solver is as good as new.
    assert.deepEqual([...solver.minimize(programme, 1e-3).x], [...found.x]);
  });
});
