/** One thread of `forecasts.ts`: a day in, its forecasts out. */
import { parentPort, workerData } from "node:worker_threads";
import { type ForecastJob, prepare } from "./forecasts.ts";

const job: ForecastJob = workerData;
parentPort?.on("message", (day: number) => parentPort?.postMessage({ day, prepared: prepare(job, day) }));
