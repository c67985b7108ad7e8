import { InputError } from "../kernel/errors.ts";

/** One wrong entry of the configuration. */
export interface ConfigProblem {
  /** Path of the key, e.g. `strategies[2].protocol`. */
  readonly key: string;
  /** The value found, as JSON; shortened, without the secret part of URLs. */
  readonly value: string;
  /** What would be right. */
  readonly remedy: string;
}

/** The configuration is refused; every wrong key is listed at once. */
export class ConfigError extends InputError {
  readonly code = "CONFIG";
  readonly source: string;
  readonly problems: readonly [ConfigProblem, ...ConfigProblem[]];
  constructor(source: string, problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    const lines = problems.map(({ key, value, remedy }) => `  ${key} = ${value}: ${remedy}`);
    super(`The configuration ${source} is refused. Correct:\n${lines.join("\n")}`);
    this.source = source;
    this.problems = problems;
  }
}
