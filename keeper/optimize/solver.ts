/**
 * A convex programme in, a checked optimum or one of three typed failures out. Quadratics go to our own interior point, linear
 * programmes to HiGHS. HiGHS' quadratic solver is not used: on degenerate programmes it writes outside its memory.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Highs, Model, ModelData, SparseMatrix } from "highs";
import { type ConvexProgramme, infeasibility, lowerBound, objectiveAt } from "../math/certificate.ts";
import { solveInterior } from "../math/interior-point.ts";
import { equilibrated } from "./equilibrate.ts";
import { InfeasibleError, NotConvergedError, UnboundedError } from "./errors.ts";
import { elasticProgramme, inUnit, type Relaxation, usedStretches } from "./relaxation.ts";
import { type LinearAnswer, minimizeByVertices } from "./simplicial.ts";

// The package declares one type file for both of its builds, which is right for the CommonJS one only.
const require = createRequire(import.meta.url);
const highsPackage: typeof import("highs") = require("highs");

/** The solver's code, compiled once in a process: instances share it, and nothing else. */
let compiled: Promise<WebAssembly.Module> | null = null;
const compiledRuntime = (): Promise<WebAssembly.Module> => {
  compiled ??= WebAssembly.compile(readFileSync(require.resolve("highs/runtime")));
  return compiled;
};

/** Column and row names say in an infeasibility report what conflicts. */
export interface NamedProgramme extends ConvexProgramme {
  readonly columnNames: readonly string[];
  readonly rowNames: readonly string[];
  /** What one of each row's bounds stands for; 1 where absent. */
  readonly rowUnits?: readonly number[];
  /** Rows and columns that define the programme and cannot give way when it is infeasible. */
  readonly rigidRows?: ReadonlySet<number>;
  readonly rigidColumns?: ReadonlySet<number>;
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
/** Gap, relative to the objective alone, from which no better units are looked for, and how often they are. */
const SHARP = 1e-10;
const MOST_UNITS = 3;
/** Status of a quadratic that no way could certify; HiGHS' own are never negative. */
const UNCERTIFIED = -1;
const QUIET = {
  output_flag: false,
  primal_feasibility_tolerance: 1e-10,
  dual_feasibility_tolerance: 1e-10,
  // Hundreds are usual at 32 strategies. A bound in iterations ends the same way on every machine; one in seconds would not.
  simplex_iteration_limit: 100_000,
} as const;

const isOptimum = (programme: NamedProgramme, found: Optimum): boolean =>
  found.gap <= GAP_TOLERANCE && infeasibility(programme, found.x) <= FEASIBILITY_TOLERANCE;

function toModel(highs: Highs, programme: NamedProgramme): ModelData {
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
  };
}

/** The conflict as words: rows and column bounds of HiGHS' irreducible infeasible subsystem, values included. */
function conflictOf(highs: Highs, model: Model, programme: NamedProgramme): string[] {
  const { inConflict, maybeInConflict } = highs.constants.iis;
  const member = (status: number | undefined): boolean => status === inConflict || status === maybeInConflict;
  const iis = model.getIis();
  const between = (low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): string => {
    if (low === high) return ` must be ${low}`;
    if (low === Number.NEGATIVE_INFINITY) return ` must be at most ${high}`;
    if (high === Number.POSITIVE_INFINITY) return ` must be at least ${low}`;
    return low < high ? ` must lie in [${low}, ${high}]` : ` must be at least ${low} and at most ${high}`;
  };
  const rows = programme.rowNames
    .map((name, i) => `${name}${between(inUnit(programme, i, "rowLower"), inUnit(programme, i, "rowUpper"))}`)
    .filter((_, i) => member(iis.rowStatus[i]));
  // Auxiliary columns (purchases, excesses) have the bounds that the limits give them: no limit of their own.
  const columns = programme.columnNames
    .map((name, j) => `${name}${between(programme.lower[j], programme.upper[j])}`)
    .filter((_, j) => member(iis.colStatus[j]) && programme.rigidColumns?.has(j) !== true);
  const found = [...rows, ...columns];
  return found.length > 0 ? found : programme.rowNames.map((name) => `${name} (no smaller conflict was found)`);
}

/** Crossed bounds, each a conflict of one: they are named before the solver rejects the model. */
const crossedBounds = (programme: NamedProgramme): string[] =>
  programme.columnNames.flatMap((name, j) => {
    const low = programme.lower[j] ?? 0;
    const high = programme.upper[j] ?? 0;
    return low <= high ? [] : [`${name} must be at least ${low} and at most ${high}`];
  });

/** Columns or rows that a grown programme has and its model has not, compressed along them. */
function compressed(
  major: number,
  minor: number,
  entriesOf: (at: number) => Iterable<readonly [number, number]>,
  format: "csr" | "csc",
): SparseMatrix {
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let at = 0; at < major; at++) {
    for (const [index, value] of entriesOf(at)) {
      indices.push(index);
      values.push(value);
    }
    starts.push(indices.length);
  }
  const [numRows, numCols] = format === "csr" ? [major, minor] : [minor, major];
  return {
    format,
    numRows,
    numCols,
    starts: Int32Array.from(starts),
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
}

/** One programme that gains columns and rows between solves, each of which starts from the basis of the last. */
export interface GrowingModel {
  /**
   * @param programme that of the call before with columns and rows appended, entries of new columns in old rows, and other costs.
   * @returns the optimum on the solver's word, as `Solver.vertex` does.
   * @throws {InfeasibleError | UnboundedError | NotConvergedError}
   */
  solve(programme: NamedProgramme): LinearAnswer;
}

export class Solver {
  readonly #highs: Highs;
  private constructor(highs: Highs) {
    this.#highs = highs;
  }

  /** A fresh WebAssembly instance: no state of an earlier solve can leak into this one. */
  static async load(): Promise<Solver> {
    const runtime = await compiledRuntime();
    // Emscripten's hook: the option `wasmModule` of the package's types is ignored by its build (1.15.3).
    const instantiateWasm = (
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance) => void,
    ): Record<string, never> => {
      void WebAssembly.instantiate(runtime, imports).then(receive);
      return {};
    };
    const options = { wasmModule: runtime, instantiateWasm };
    return new Solver(await highsPackage.default(options));
  }

  /**
   * Minimises the programme; what is returned has passed our own feasibility and optimality checks.
   * @param scale magnitude below which an objective counts as zero in the relative gap.
   * @throws {InfeasibleError | UnboundedError | NotConvergedError}
   */
  minimize(programme: NamedProgramme, scale = 1): Optimum {
    const crossed = crossedBounds(programme);
    // Mending them alone may leave other limits in conflict: the relaxation is that of the whole programme.
    if (crossed.length > 0) throw new InfeasibleError(crossed, this.#relax(programme));
    const judge = ({ x, multipliers }: LinearAnswer): Optimum => {
      const primal = objectiveAt(programme, x);
      const dual = lowerBound(programme, x, multipliers);
      return { x, multipliers, primal, dual, gap: (primal - dual) / Math.max(Math.abs(primal), scale) };
    };
    if (programme.hessian === null) return this.#accept(programme, this.#solveLinear(programme), judge);
    const inside = this.#solveInside(programme, judge);
    if (isOptimum(programme, inside)) return inside;
    // Infeasible, or too ill-conditioned for normal equations: linear programmes over the same constraints tell which.
    const answer = this.#solveByVertices(programme, (candidate) => judge(candidate).gap <= GAP_TOLERANCE / 10);
    return this.#accept(programme, { status: UNCERTIFIED, answer }, judge);
  }

  /**
   * The optimum of a linear programme on the solver's word: the caller has a proof of its own, which does not depend on the ranges
   * of auxiliary columns.
   * @throws {InfeasibleError | UnboundedError | NotConvergedError}
   */
  vertex(programme: NamedProgramme): LinearAnswer {
    const { status, answer } = this.#solveLinear(programme);
    if (answer === null) throw new NotConvergedError(status, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    return answer;
  }

  /** Lends a growing model for the time of `use`. */
  growing<Result>(use: (model: GrowingModel) => Result): Result {
    return this.#highs.withModel((model: Model): Result => {
      let columns = 0;
      let rows = 0;
      let costs = new Float64Array(0);
      model.options.set(QUIET);
      const grow = (programme: NamedProgramme): void => {
        if (costs.some((cost, j) => cost !== programme.cost[j]))
          model.changeColsCost({ kind: "range", from: 0, to: columns - 1 }, programme.cost.slice(0, columns));
        costs = programme.cost.slice();
        const more = programme.cost.length - columns;
        const inOldRows = Array.from({ length: more }, (): (readonly [number, number])[] => []);
        programme.rows.slice(0, rows).forEach(({ indices, values }, i) => {
          // New entries stand at the end of their row.
          for (let k = indices.length - 1; (indices[k] ?? -1) >= columns; k--)
            inOldRows[(indices[k] ?? 0) - columns]?.push([i, values[k] ?? 0]);
        });
        if (more > 0)
          model.addCols({
            cost: programme.cost.slice(columns),
            lower: programme.lower.slice(columns),
            upper: programme.upper.slice(columns),
            matrix: compressed(more, rows, (at) => inOldRows[at] ?? [], "csc"),
          });
        columns = programme.cost.length;
        const added = programme.rows.slice(rows);
        const entriesOf = (at: number): (readonly [number, number])[] =>
          (added[at]?.indices ?? []).map((column, k) => [column, added[at]?.values[k] ?? 0] as const);
        if (added.length > 0)
          model.addRows({
            lower: programme.rowLower.slice(rows),
            upper: programme.rowUpper.slice(rows),
            matrix: compressed(added.length, columns, entriesOf, "csr"),
          });
        rows = programme.rows.length;
      };
      const solve = (programme: NamedProgramme): LinearAnswer => {
        grow(programme);
        const { status, answer } = this.#run(model, programme);
        if (answer === null) throw new NotConvergedError(status, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
        return answer;
      };
      return use({ solve });
    });
  }

  /** The interior point, in units of its own answer where those of the programme leave that answer too few digits. */
  #solveInside(programme: NamedProgramme, judge: (answer: LinearAnswer) => Optimum): Optimum {
    let best = judge(solveInterior(programme));
    const isSharp = ({ primal, dual }: Optimum): boolean => Math.abs(primal - dual) <= SHARP * Math.abs(primal);
    for (let round = 0; round < MOST_UNITS && !isSharp(best); round++) {
      const other = equilibrated(programme, best.x);
      if (other === null) break;
      const found = judge(other.restore(solveInterior(other.programme)));
      const isKept = infeasibility(programme, found.x) <= FEASIBILITY_TOLERANCE;
      if (!(isKept && found.primal - found.dual < best.primal - best.dual)) break;
      best = found;
    }
    return best;
  }

  #accept(
    programme: NamedProgramme,
    { status, answer }: { status: number; answer: LinearAnswer | null },
    judge: (answer: LinearAnswer) => Optimum,
  ): Optimum {
    const found = answer === null ? null : judge(answer);
    if (found !== null && isOptimum(programme, found)) return found;
    const violation = found === null ? Number.POSITIVE_INFINITY : infeasibility(programme, found.x);
    throw new NotConvergedError(status, found?.gap ?? Number.POSITIVE_INFINITY, violation);
  }

  #solveLinear(programme: NamedProgramme): { status: number; answer: LinearAnswer | null } {
    return this.#highs.withModel(toModel(this.#highs, programme), (model) => {
      model.options.set(QUIET);
      return this.#run(model, programme);
    });
  }

  #solveByVertices(programme: NamedProgramme, isGoodEnough: (answer: LinearAnswer) => boolean): LinearAnswer | null {
    return this.#highs.withModel(toModel(this.#highs, programme), (model) => {
      model.options.set(QUIET);
      const columns = [...programme.cost.keys()];
      const linear = (cost: Float64Array): LinearAnswer | null => {
        model.changeColsCost({ kind: "set", indices: columns }, cost);
        return this.#run(model, programme).answer;
      };
      return minimizeByVertices(programme, linear, isGoodEnough);
    });
  }

  /** The least total by which limits would have to give way; empty when that cannot be found either. */
  #relax(programme: NamedProgramme): readonly Relaxation[] {
    const { elastic, stretches } = elasticProgramme(programme);
    return this.#highs.withModel(toModel(this.#highs, elastic), (model) => {
      model.options.set(QUIET);
      model.run();
      if (model.getModelStatus() !== this.#highs.constants.modelStatus.optimal) return [];
      return usedStretches(stretches, model.getSolution().colValue);
    });
  }

  /** @throws {InfeasibleError | UnboundedError} */
  #run(model: Model, programme: NamedProgramme): { status: number; answer: LinearAnswer | null } {
    const { modelStatus } = this.#highs.constants;
    model.run();
    const status = model.getModelStatus();
    if (status === modelStatus.unbounded) throw new UnboundedError();
    if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) {
      throw new InfeasibleError(conflictOf(this.#highs, model, programme), this.#relax(programme));
    }
    // "Unknown" is a point that misses the tolerances above by a little: every caller proves what it takes.
    if (status !== modelStatus.optimal && status !== modelStatus.unknown) return { status, answer: null };
    const { colValue, rowDual } = model.getSolution();
    if (!(colValue.every(Number.isFinite) && rowDual.every(Number.isFinite))) return { status, answer: null };
    return { status, answer: { x: colValue, multipliers: rowDual } };
  }
}
