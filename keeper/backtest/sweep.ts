/**
 * A grid of configurations, one backtest each, on worker threads. The order and the bytes of the results do not depend on the
 * number of threads. Every configuration counts as a trial of every strategy's deflated Sharpe ratio.
 */
import { Worker } from "node:worker_threads";
import { createRng } from "../kernel/rng.ts";
import { WorkerFailedError } from "./errors.ts";
import type { Panel } from "./panel.ts";
import { type BacktestOptions, type BacktestResult, type Benchmark, dailySharpe, runBacktest } from "./run.ts";
import { excessOf } from "./statistics.ts";

export interface SweepJob {
  readonly panel: Panel;
  readonly benchmark: Benchmark;
  readonly grid: readonly BacktestOptions[];
}

/** All combinations; the first axis varies slowest. */
export function gridOf(
  base: BacktestOptions,
  axes: readonly { readonly change: readonly Partial<BacktestOptions>[] }[],
): BacktestOptions[] {
  return axes.reduce<BacktestOptions[]>(
    (grid, { change }) => grid.flatMap((options) => change.map((part) => ({ ...options, ...part }))),
    [base],
  );
}

/** The results with deflated Sharpe ratios that know of all of them. */
function deflate(results: readonly BacktestResult[], untold: number): BacktestResult[] {
  const sharpes = results.flatMap(({ strategies, benchmarkReturns }) =>
    strategies.map(({ returns }) => dailySharpe(returns, benchmarkReturns)),
  );
  return results.map((result) => ({
    ...result,
    terms: { ...result.terms, trials: sharpes.length + untold },
    strategies: result.strategies.map((strategy) => ({
      ...strategy,
      excess: excessOf(
        strategy.returns,
        result.benchmarkReturns,
        { sharpes, untold },
        createRng(result.terms.seed).fork(`bootstrap ${strategy.strategy}`),
      ),
    })),
  }));
}

export async function runSweep(
  job: SweepJob,
  workers: number,
  progress: (done: number, of: number) => void,
): Promise<BacktestResult[]> {
  const { panel, benchmark, grid } = job;
  const results = new Array<BacktestResult | undefined>(grid.length);
  let done = 0;
  const take = (index: number, result: BacktestResult): void => {
    results[index] = result;
    progress(++done, grid.length);
  };
  if (workers <= 1) for (const [i, options] of grid.entries()) take(i, await runBacktest(panel, benchmark, options));
  else await onWorkers(job, workers, take);
  return deflate(
    results.flatMap((result) => result ?? []),
    grid[0]?.priorTrials ?? 0,
  );
}

function onWorkers(job: SweepJob, count: number, take: (index: number, result: BacktestResult) => void): Promise<void> {
  const queue = [...job.grid.keys()];
  return new Promise((resolve, reject) => {
    const pool = new Set<Worker>();
    const fail = (error: unknown): void => {
      for (const worker of pool) void worker.terminate();
      pool.clear();
      reject(new WorkerFailedError("a sweep", error));
    };
    for (let k = 0; k < Math.min(count, job.grid.length); k++) {
      const worker = new Worker(new URL("./sweep-worker.ts", import.meta.url), { workerData: job });
      pool.add(worker);
      const next = (): void => {
        const index = queue.shift();
        if (index !== undefined) {
          worker.postMessage(index);
          return;
        }
        pool.delete(worker);
        void worker.terminate();
        if (pool.size === 0) resolve();
      };
      worker.on("message", ({ index, result }: { index: number; result: BacktestResult }) => {
        take(index, result);
        next();
      });
      worker.on("error", fail);
      next();
    }
  });
}
