/** HiGHS behind one class: a convex programme in, a checked optimum or one of three typed failures out. */
import { createRequire } from "node:module";
import type { HessianInput, Highs, Model, ModelData } from "highs";
import { type ConvexProgramme, infeasibility, lowerBound, objectiveAt } from "../math/certificate.ts";
import { InfeasibleError, NotConvergedError, UnboundedError } from "./errors.ts";

// The package declares one type file for both of its builds, which is right for the CommonJS one only.
const highsPackage: typeof import("highs") = createRequire(import.meta.url)("highs");

/** Column and row names say in an infeasibility report what conflicts. */
export interface NamedProgramme extends ConvexProgramme {
  readonly columnNames: readonly string[];
  readonly rowNames: readonly string[];
}

export interface Optimum {
  readonly x: Float64Array;
  readonly multipliers: Float64Array;
  readonly primal: number;
  /** Our own lower bound on the optimum, from the returned multipliers. */
  readonly dual: number;
  /** (primal - dual) / max(|primal|, scale): never negative beyond rounding. */
  readonly gap: number;
}

/** Relative gap and absolute row violation that we accept; the programme is scaled to order one. */
const GAP_TOLERANCE = 1e-8;
const FEASIBILITY_TOLERANCE = 1e-8;

/**
 * Curvatures added to the quadratic solver when it stops early, in turn. With the point of the last round as centre this
 * is the proximal point method, so the added term vanishes at the optimum and biases nothing.
 */
const PROXIMAL_WEIGHTS = [0, 1e-7, 1e-5] as const;
const PROXIMAL_ROUNDS = 6;

function lowerTriangle(programme: ConvexProgramme, proximal: number): HessianInput | null {
  const { hessian, cost } = programme;
  if (hessian === null) return null;
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let j = 0; j < cost.length; j++) {
    for (let i = j; i < Math.max(hessian.length, j + 1); i++) {
      const value = (hessian[i]?.[j] ?? 0) + (i === j ? proximal : 0);
      if (value === 0) continue;
      indices.push(i);
      values.push(value);
    }
    starts.push(indices.length);
  }
  return { format: "triangular", dimension: cost.length, starts, indices, values };
}

function toModel(highs: Highs, programme: NamedProgramme, cost: Float64Array, hessian: HessianInput | null): ModelData {
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const row of programme.rows) {
    for (let k = 0; k < row.indices.length; k++) {
      indices.push(row.indices[k] ?? 0);
      values.push(row.values[k] ?? 0);
    }
    starts.push(indices.length);
  }
  return {
    sense: highs.constants.objectiveSense.minimize,
    numCols: programme.cost.length,
    numRows: programme.rows.length,
    colCost: cost,
    colLower: programme.lower,
    colUpper: programme.upper,
    rowLower: programme.rowLower,
    rowUpper: programme.rowUpper,
    matrix: {
      format: "csr",
      numRows: programme.rows.length,
      numCols: programme.cost.length,
      starts,
      indices,
      values,
    },
    ...(hessian === null ? {} : { hessian }),
  };
}

/** The conflict as words: rows and column bounds of HiGHS' irreducible infeasible subsystem, values included. */
function conflictOf(highs: Highs, model: Model, programme: NamedProgramme): string[] {
  const { inConflict, maybeInConflict } = highs.constants.iis;
  const member = (status: number | undefined): boolean => status === inConflict || status === maybeInConflict;
  const iis = model.getIis();
  const between = (low: number | undefined, high: number | undefined): string => ` must lie in [${low}, ${high}]`;
  const rows = programme.rowNames
    .map((name, i) => `${name}${between(programme.rowLower[i], programme.rowUpper[i])}`)
    .filter((_, i) => member(iis.rowStatus[i]));
  const columns = programme.columnNames
    .map((name, j) => `${name}${between(programme.lower[j], programme.upper[j])}`)
    .filter((_, j) => member(iis.colStatus[j]));
  const found = [...rows, ...columns];
  return found.length > 0 ? found : programme.rowNames.map((name) => `${name} (no smaller conflict was found)`);
}

/** Crossed bounds are a conflict of one: name it before the solver rejects the model. */
function refuseCrossedBounds(programme: NamedProgramme): void {
  programme.columnNames.forEach((name, j) => {
    const low = programme.lower[j] ?? 0;
    const high = programme.upper[j] ?? 0;
    if (low > high) throw new InfeasibleError([`${name} must be at least ${low} and at most ${high}`]);
  });
}

export class Solver {
  readonly #highs: Highs;
  private constructor(highs: Highs) {
    this.#highs = highs;
  }

  /** A fresh WebAssembly instance: no state of an earlier solve can leak into this one. */
  static async load(): Promise<Solver> {
    return new Solver(await highsPackage.default());
  }

  /**
   * Minimises the programme; what is returned has passed our own feasibility and optimality checks.
   * @param scale magnitude below which an objective counts as zero in the relative gap.
   * @throws {InfeasibleError | UnboundedError | NotConvergedError}
   */
  minimize(programme: NamedProgramme, scale = 1): Optimum {
    refuseCrossedBounds(programme);
    let status = -1;
    let best: Optimum | null = null;
    let violation = Number.POSITIVE_INFINITY;
    const weights = programme.hessian === null ? ([0] as const) : PROXIMAL_WEIGHTS;
    for (const weight of weights) {
      let centre: Float64Array | null = best?.x ?? null;
      for (let round = 0; round < (weight === 0 ? 1 : PROXIMAL_ROUNDS); round++) {
        const answer = this.#solveOnce(programme, weight, centre);
        status = answer.status;
        if (answer.solution === null) break;
        const { x, multipliers } = answer.solution;
        centre = x;
        const primal = objectiveAt(programme, x);
        const dual = lowerBound(programme, x, multipliers);
        const gap = (primal - dual) / Math.max(Math.abs(primal), scale);
        const off = infeasibility(programme, x);
        if (off <= FEASIBILITY_TOLERANCE && (best === null || gap < best.gap)) {
          best = { x, multipliers, primal, dual, gap };
          violation = off;
        }
        if (best !== null && best.gap <= GAP_TOLERANCE) return best;
      }
    }
    throw new NotConvergedError(status, best?.gap ?? Number.POSITIVE_INFINITY, violation);
  }

  #solveOnce(
    programme: NamedProgramme,
    weight: number,
    centre: Float64Array | null,
  ): { status: number; solution: { x: Float64Array; multipliers: Float64Array } | null } {
    const highs = this.#highs;
    const { modelStatus } = highs.constants;
    const cost = programme.cost.map((value, j) => value - weight * (centre?.[j] ?? 0));
    const data = toModel(highs, programme, cost, lowerTriangle(programme, weight));
    return highs.withModel(data, (model) => {
      // HiGHS' own regularisation would bias the optimum by about 1e-7; ours above does not.
      model.options.set({ output_flag: false, qp_regularization_value: 0 });
      model.options.set({ primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 });
      model.run();
      const status = model.getModelStatus();
      if (status === modelStatus.infeasible) throw new InfeasibleError(conflictOf(highs, model, programme));
      if (status === modelStatus.unbounded) throw new UnboundedError();
      if (status === modelStatus.unboundedOrInfeasible) {
        const conflict = conflictOf(highs, model, programme);
        throw conflict.length > 0 ? new InfeasibleError(conflict) : new UnboundedError();
      }
      if (status !== modelStatus.optimal && status !== modelStatus.unknown) return { status, solution: null };
      const { colValue, rowDual } = model.getSolution();
      return { status, solution: { x: colValue, multipliers: rowDual } };
    });
  }
}
