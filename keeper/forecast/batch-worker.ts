/** A thread of forecastBatch: a series in, its forecast out, until it is told to stop. */
import { parentPort } from "node:worker_threads";
import { type BatchReply, type BatchTask, forecastSeries } from "./batch.ts";

parentPort?.on("message", ({ index, series, request }: BatchTask) => {
  parentPort?.postMessage({ index, answer: forecastSeries(series, request) } satisfies BatchReply);
});
