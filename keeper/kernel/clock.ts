/** Time as an argument: nothing in the engine reads the system clock on its own. */
export interface Clock {
  /** Milliseconds since the Unix epoch; used for time-outs only, chain time comes from blocks. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** The machine's clock, for the command line to pass in. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
