/** `npm run bench:quant`: every quant target beside its figure, on the screen and in bench/quant.json. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { z } from "zod";
import { forecastMeasurements } from "./quant/forecast.ts";
import { optimizeMeasurements } from "./quant/optimize.ts";
import { type Measurement, progress, type Target } from "./quant/target.ts";

const NOTE =
  "Ratios compare times of one run on one machine; pieces run apart (--only) have their own run each, and times of different pieces are not to be compared.";
const USAGE = `Usage: npm run bench:quant -- [--only F2,O3] [--quick] [--json]

Measures the quant targets and merges them into bench/quant.json.
  --only <groups>  these groups only, separated by commas; the others keep their last figures
  --quick          one repetition, fewer seeds; writes nothing
  --json           the figures as JSON on stdout
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});
const measurements: Readonly<Record<string, Measurement>> = { ...forecastMeasurements, ...optimizeMeasurements };
const known = Object.keys(measurements);
const wanted = flags.only === undefined ? known : flags.only.split(",").map((part) => part.trim());
const unknown = wanted.filter((group) => !known.includes(group));

const kept = z.object({
  pieces: z.record(z.string(), z.unknown()),
  targets: z.array(z.looseObject({ group: z.string(), id: z.string() })),
});
const file = new URL("quant.json", import.meta.url);

function merge(targets: readonly Target[], seconds: ReadonlyMap<string, number>): void {
  const before = existsSync(file) ? kept.safeParse(JSON.parse(readFileSync(file, "utf8"))) : null;
  const [cpu] = cpus();
  const machine = {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: process.platform,
  };
  const old = before?.success === true ? before.data : { pieces: {}, targets: [] };
  const pieces = { ...old.pieces };
  for (const [group, time] of seconds) pieces[group] = { seconds: Number(time.toPrecision(3)), machine };
  const all = [...old.targets.filter(({ group }) => !seconds.has(group)), ...targets].filter(({ group }) =>
    known.includes(group),
  );
  all.sort((a, b) => known.indexOf(a.group) - known.indexOf(b.group));
  const order = Object.fromEntries(known.filter((group) => group in pieces).map((group) => [group, pieces[group]]));
  writeFileSync(file, `${JSON.stringify({ note: NOTE, pieces: order, targets: all }, null, 2)}\n`);
}

function print({ id, target, value, unit, pass, peers, ratio }: Target): void {
  const figures = Object.entries({ ...peers, ...(ratio === undefined ? {} : { ratio }) }).map(
    ([name, figure]) => `${name} ${typeof figure === "number" ? Number(figure.toPrecision(4)) : figure}`,
  );
  const verdict = pass === null ? "----" : pass ? "pass" : "FAIL";
  const beside = figures.length > 0 ? `  [${figures.join("; ")}]` : "";
  process.stdout.write(`${verdict}  ${id.padEnd(18)} ${Number(value.toPrecision(5))} ${unit}  (${target})${beside}\n`);
}

async function measure(): Promise<void> {
  const targets: Target[] = [];
  const seconds = new Map<string, number>();
  for (const group of wanted) {
    progress(`${group} ...`);
    const started = performance.now();
    const found = (await measurements[group]?.()) ?? [];
    seconds.set(group, (performance.now() - started) / 1000);
    targets.push(...found);
    if (flags.json !== true) found.forEach(print);
    // A piece that is done is kept even when a later one is interrupted.
    if (flags.quick !== true) merge(targets, seconds);
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(targets, null, 2)}\n`);
  process.exitCode = targets.every(({ pass }) => pass !== false) ? 0 : 1;
}

if (flags.help === true) process.stdout.write(USAGE);
else if (unknown.length > 0) {
  process.stderr.write(`No group ${unknown.join(", ")}. Choose from ${known.join(", ")}.\n`);
  process.exitCode = 2;
} else await measure();
