/**
 * Reading the chain: the state of all venues at one block, and a year of their yields, over HTTP from a local node in this very
 * process, client and chain together. Requests are exact; times are medians after warm-up, of a machine at rest.
 *
 * `npm run bench:reads` writes bench/reads.json; with `--check` it fails where more requests are made than allowed, and writes
 * nothing.
 */
import { writeFileSync } from "node:fs";
import { readVenueHistories } from "../keeper/data/venue-history.ts";
import { CURVE_SIZES, readVenues, type VenueRequest } from "../keeper/data/venue-states.ts";
import { InputError } from "../keeper/kernel/errors.ts";
import { address } from "../keeper/kernel/units.ts";
import { mineDays } from "../test/keeper/support/engine.ts";
import { deployEveryVenue, VENUE_ORDER } from "../test/support/everyVenue.ts";
import { lendToPools } from "../test/support/lenders.ts";

const FILE = new URL("reads.json", import.meta.url);
const DAYS = 365;
const WARM_UPS = 3;
const TARGETS = { state: { requests: 3, medianMs: 150 }, history: { requests: 20 } } as const;

class HeldVenueError extends InputError {
  readonly code = "BENCH_VENUE_HELD";
  constructor(reason: string) {
    super(`A venue of the set is held: ${reason}. A read that fails is no measurement; mend the set first.`);
  }
}

interface Figure {
  readonly venues: number;
  readonly requests: number;
  readonly medianMs: number;
  readonly runs: number;
}

/** Median of the runs after the warm-ups, whole milliseconds. */
async function measure(runs: number, read: () => Promise<number>): Promise<Omit<Figure, "venues">> {
  for (let run = 0; run < WARM_UPS; run += 1) await read();
  const times: number[] = [];
  let requests = 0;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    requests = Math.max(requests, await read());
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
  return { requests, medianMs: Math.round(median), runs };
}

const every = await deployEveryVenue();
await lendToPools(every);
await mineDays(every.engine, DAYS + 1, 2);
const { client, addresses } = every.engine;
const at = { multicall: addresses.multicall, asset: addresses.weth };
const requests = VENUE_ORDER.map(
  (protocol, index): VenueRequest => ({
    strategyId: index + 1,
    protocol,
    adapter: address(every.adapters.get(protocol) ?? ""),
  }),
);
const state = await measure(9, async () => {
  const { venues, httpRequests } = await readVenues(client, at, requests);
  for (const venue of venues) if (venue.kind === "held") throw new HeldVenueError(venue.reason);
  return httpRequests;
});
const history = await measure(5, async () => {
  const { venues, httpRequests } = await readVenueHistories(client, at, requests, DAYS);
  for (const { held } of venues) if (held !== null) throw new HeldVenueError(held);
  return httpRequests;
});
await every.engine.close();

const figures = {
  state: { venues: requests.length, curveSizes: CURVE_SIZES.length, ...state },
  history: { venues: requests.length, days: DAYS, ...history },
  targets: TARGETS,
};
console.log(`state of ${requests.length} venues: ${state.requests} requests, ${state.medianMs} ms`);
console.log(`${DAYS} days of ${requests.length} venues: ${history.requests} requests, ${history.medianMs} ms`);
if (process.argv.includes("--check")) {
  const over = [
    ["state", state.requests, TARGETS.state.requests],
    ["history", history.requests, TARGETS.history.requests],
  ] as const;
  for (const [name, made, allowed] of over) {
    if (made <= allowed) continue;
    console.error(`The ${name} takes ${made} requests, ${allowed} are allowed.`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, `${JSON.stringify(figures, null, 2)}\n`);
}
