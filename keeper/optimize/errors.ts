/** Why an optimization gives no allocation. Three different failures, three classes, and two for bad inputs. */
import { HoldError, InputError } from "../kernel/errors.ts";
import type { Relaxation } from "./relaxation.ts";

/** No allocation satisfies the constraints. */
export class InfeasibleError extends HoldError {
  readonly code = "OPTIMIZE_INFEASIBLE";
  /** A set of constraints that cannot hold together. */
  readonly conflict: readonly string[];
  /** The least total by which limits would have to give way, and which ones then do; empty when none can. */
  readonly relaxation: readonly Relaxation[];
  constructor(conflict: readonly string[], relaxation: readonly Relaxation[] = []) {
    const remedy =
      relaxation.length === 0
        ? "Relax one of them."
        : `The smallest change that works: ${relaxation.map((r) => `${r.constraint} by ${Number(r.by.toPrecision(6))}`).join("; ")}.`;
    super(`No allocation satisfies these constraints together: ${conflict.join("; ")}. ${remedy}`);
    this.conflict = conflict;
    this.relaxation = relaxation;
  }
}

/** The objective improves without end: the programme lacks a bound. */
export class UnboundedError extends HoldError {
  readonly code = "OPTIMIZE_UNBOUNDED";
  constructor() {
    super("The objective has no finite optimum. Check that weights and scenarios are bounded.");
  }
}

/** The solver stopped, or what it returned does not pass our own optimality check. */
export class NotConvergedError extends HoldError {
  readonly code = "OPTIMIZE_NOT_CONVERGED";
  readonly status: number;
  readonly gap: number;
  readonly infeasibility: number;
  constructor(status: number, gap: number, infeasibility: number) {
    super(
      `The solver stopped with status ${status}, relative gap ${gap} and infeasibility ${infeasibility}. ` +
        "The allocation is not used; inspect the conditioning of the scenarios.",
    );
    this.status = status;
    this.gap = gap;
    this.infeasibility = infeasibility;
  }
}

export class ScenariosTooFewError extends InputError {
  readonly code = "OPTIMIZE_SCENARIOS_TOO_FEW";
  readonly scenarios: number;
  readonly needed: number;
  constructor(scenarios: number, needed: number) {
    super(
      `${scenarios} scenarios do not support the estimate; at least ${needed} are needed. Raise the scenario count.`,
    );
    this.scenarios = scenarios;
    this.needed = needed;
  }
}

export class ForecastUnknownStrategyError extends InputError {
  readonly code = "OPTIMIZE_FORECAST_UNKNOWN_STRATEGY";
  readonly strategyId: number;
  constructor(strategyId: number) {
    super(`The forecast has strategy ${strategyId} and the constraints do not. Build both from one snapshot.`);
    this.strategyId = strategyId;
  }
}
