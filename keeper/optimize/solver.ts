/** HiGHS behind one class: a convex programme in, a checked optimum or one of three typed failures out. */
import { createRequire } from "node:module";
import type { HessianInput, Highs, Model, ModelData } from "highs";
import { type ConvexProgramme, infeasibility, lowerBound, objectiveAt } from "../math/certificate.ts";
import { InfeasibleError, NotConvergedError, UnboundedError } from "./errors.ts";
import { type LinearAnswer, minimizeByVertices } from "./simplicial.ts";

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
/** Status of a solve that ended in a fault; HiGHS' own are never negative. */
const FAULTED = -1;
const QUIET = {
  output_flag: false,
  primal_feasibility_tolerance: 1e-10,
  dual_feasibility_tolerance: 1e-10,
  // Hundreds are usual at 32 strategies. A bound in iterations ends the same way on every machine; one in seconds would not.
  simplex_iteration_limit: 100_000,
} as const;
/** HiGHS' active-set method can cycle for ever on degenerate programmes; the way over vertices takes over at this bound. */
const QUADRATIC_ITERATIONS = 5_000;

const isOptimum = (programme: NamedProgramme, found: Optimum): boolean =>
  found.gap <= GAP_TOLERANCE && infeasibility(programme, found.x) <= FEASIBILITY_TOLERANCE;

function lowerTriangle(programme: ConvexProgramme): HessianInput | null {
  const { hessian, cost } = programme;
  if (hessian === null) return null;
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let j = 0; j < cost.length; j++) {
    for (let i = j; i < hessian.length; i++) {
      const value = hessian[i]?.[j] ?? 0;
      if (value === 0) continue;
      indices.push(i);
      values.push(value);
    }
    starts.push(indices.length);
  }
  return { format: "triangular", dimension: cost.length, starts, indices, values };
}

function toModel(highs: Highs, programme: NamedProgramme, hessian: HessianInput | null): ModelData {
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
    colCost: programme.cost,
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
  readonly #linear: Highs;
  /**
   * HiGHS' quadratic solver can write outside its memory on degenerate programmes. It works in an instance of its own, which
   * is abandoned at the first fault; from then on every programme goes through linear ones.
   */
  #quadratic: Highs | null;
  private constructor(linear: Highs, quadratic: Highs) {
    this.#linear = linear;
    this.#quadratic = quadratic;
  }

  /** Fresh WebAssembly instances: no state of an earlier solve can leak into this one. */
  static async load(): Promise<Solver> {
    return new Solver(await highsPackage.default(), await highsPackage.default());
  }

  /**
   * Minimises the programme; what is returned has passed our own feasibility and optimality checks.
   * @param scale magnitude below which an objective counts as zero in the relative gap.
   * @throws {InfeasibleError | UnboundedError | NotConvergedError}
   */
  minimize(programme: NamedProgramme, scale = 1): Optimum {
    refuseCrossedBounds(programme);
    const judge = ({ x, multipliers }: LinearAnswer): Optimum => {
      const primal = objectiveAt(programme, x);
      const dual = lowerBound(programme, x, multipliers);
      return { x, multipliers, primal, dual, gap: (primal - dual) / Math.max(Math.abs(primal), scale) };
    };
    const direct = this.#solveDirectly(programme);
    let best = direct.answer === null ? null : judge(direct.answer);
    if (programme.hessian !== null && (best === null || !isOptimum(programme, best))) {
      const answer = this.#solveByVertices(programme, (candidate) => judge(candidate).gap <= GAP_TOLERANCE / 10);
      best = answer === null ? best : judge(answer);
    }
    if (best !== null && isOptimum(programme, best)) return best;
    const violation = best === null ? Number.POSITIVE_INFINITY : infeasibility(programme, best.x);
    throw new NotConvergedError(direct.status, best?.gap ?? Number.POSITIVE_INFINITY, violation);
  }

  #solveDirectly(programme: NamedProgramme): { status: number; answer: LinearAnswer | null } {
    const highs = programme.hessian === null ? this.#linear : this.#quadratic;
    if (highs === null) return { status: FAULTED, answer: null };
    try {
      return highs.withModel(toModel(highs, programme, lowerTriangle(programme)), (model) => {
        // HiGHS' own regularisation would bias the optimum by about 1e-7.
        model.options.set({ ...QUIET, qp_regularization_value: 0, qp_iteration_limit: QUADRATIC_ITERATIONS });
        return this.#run(highs, model, programme);
      });
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) || programme.hessian === null) throw error;
      this.#quadratic = null;
      return { status: FAULTED, answer: null };
    }
  }

  #solveByVertices(programme: NamedProgramme, isGoodEnough: (answer: LinearAnswer) => boolean): LinearAnswer | null {
    const highs = this.#linear;
    return highs.withModel(toModel(highs, programme, null), (model) => {
      model.options.set(QUIET);
      const columns = [...programme.cost.keys()];
      const linear = (cost: Float64Array): LinearAnswer | null => {
        model.changeColsCost({ kind: "set", indices: columns }, cost);
        return this.#run(highs, model, programme).answer;
      };
      return minimizeByVertices(programme, linear, isGoodEnough);
    });
  }

  /** @throws {InfeasibleError | UnboundedError} */
  #run(highs: Highs, model: Model, programme: NamedProgramme): { status: number; answer: LinearAnswer | null } {
    const { modelStatus } = highs.constants;
    try {
      model.run();
    } catch (error) {
      // The quadratic solver gives up on some degenerate programmes by failing the call; the caller has another way.
      if (!(error instanceof highs.errors.HighsError)) throw error;
      return { status: model.getModelStatus(), answer: null };
    }
    const status = model.getModelStatus();
    if (status === modelStatus.unbounded) throw new UnboundedError();
    if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) {
      throw new InfeasibleError(conflictOf(highs, model, programme));
    }
    if (status !== modelStatus.optimal) return { status, answer: null };
    const { colValue, rowDual } = model.getSolution();
    return { status, answer: { x: colValue, multipliers: rowDual } };
  }
}
