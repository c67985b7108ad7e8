/** One thread of `sweep.ts`: the index of a configuration in, its backtest out. A failure ends the sweep with its reason. */
import { parentPort, workerData } from "node:worker_threads";
import { runBacktest } from "./run.ts";
import type { SweepJob } from "./sweep.ts";

const { panel, benchmark, grid }: SweepJob = workerData;
parentPort?.on("message", async (index: number) => {
  const options = grid[index];
  if (options === undefined) return;
  parentPort?.postMessage({ index, result: await runBacktest(panel, benchmark, options) });
});
