/** How the learned policy is trained. */
import { requireBetween, requireCount } from "../../math/checks.ts";

export interface AgentConfig {
  /** Units of the two hidden layers, multiples of four. */
  readonly first: number;
  readonly second: number;
  /** Discount of one step. */
  readonly discount: number;
  /** Rewards added up before the value of the state reached is used (Sutton 1988). */
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** The learning rate falls in a straight line to this share of itself at `explorationSteps` x 2 and stays. */
  readonly finalRateShare: number;
  /** Norm to which a longer gradient is scaled down. */
  readonly clip: number;
  /** Transitions kept. */
  readonly capacity: number;
  /** Transitions gathered before the first gradient step. */
  readonly warmup: number;
  /** Environment steps for each gradient step. */
  readonly every: number;
  /** Gradient steps between two copies to the target network. */
  readonly synchroniseEvery: number;
  /** Priority = (|error| + 1e-3)^alpha; importance weights to the power beta, beta rising to 1 (Schaul et al. 2016). */
  readonly alpha: number;
  readonly beta: number;
  /** Probability of a random action: from 1 to this, in a straight line over `explorationSteps`. */
  readonly finalExploration: number;
  readonly explorationSteps: number;
}

export const DEFAULT_AGENT_CONFIG: AgentConfig = {
  first: 64,
  second: 64,
  discount: 0.97,
  steps: 3,
  batch: 64,
  learningRate: 5e-4,
  finalRateShare: 0.1,
  clip: 10,
  capacity: 20_000,
  warmup: 1_000,
  every: 1,
  synchroniseEvery: 250,
  alpha: 0.6,
  beta: 0.4,
  finalExploration: 0.05,
  explorationSteps: 20_000,
};

/** @throws {ParameterOutOfRangeError} */
export function checkAgentConfig(config: AgentConfig): void {
  requireBetween("discount", config.discount, 0, 0.9999);
  requireCount("steps", config.steps, 1);
  requireCount("batch", config.batch, 1);
  requireBetween("learningRate", config.learningRate, 1e-8, 1);
  requireBetween("finalRateShare", config.finalRateShare, 0, 1);
  requireCount("capacity", config.capacity, config.batch);
  requireCount("warmup", config.warmup, config.batch);
  requireBetween("warmup", config.warmup, config.batch, config.capacity);
  requireCount("every", config.every, 1);
  requireCount("synchroniseEvery", config.synchroniseEvery, 1);
  requireBetween("alpha", config.alpha, 0, 1);
  requireBetween("beta", config.beta, 0, 1);
  requireBetween("finalExploration", config.finalExploration, 0, 1);
  requireCount("explorationSteps", config.explorationSteps, 1);
}
