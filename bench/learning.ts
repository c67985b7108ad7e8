/**
 * `npm run bench:learning`: every target of the learned models beside its figure, on the screen and in bench/learning.json.
 * Each file of bench/learning that exports `learningTargets` is asked. --only NAME runs one of them and keeps the others'
 * committed figures; --quick measures less and writes nothing.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { Measured as Target } from "./quant/target.ts";

/** Figures of one target, and the machine they were measured on. */
export interface LearningTarget extends Target {
  /** File of bench/learning that measures it. */
  readonly source: string;
  readonly machine: string;
}

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  process.stdout.write(
    "node bench/learning.ts [--only NAME] [--quick] [--json]\n  --only NAME  measure bench/learning/NAME.ts and keep the committed figures of the others\n  --quick      measure less and write nothing\n  --json       print one JSON document instead of lines\n",
  );
  process.exit(0);
}

const folder = new URL("learning/", import.meta.url);
const output = new URL("learning.json", import.meta.url);
const [cpu] = cpus();
const machine = `${cpu?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;

interface Measured {
  learningTargets(quick: boolean): Promise<Target[]>;
}
const isMeasured = (value: unknown): value is Measured =>
  typeof value === "object" &&
  value !== null &&
  "learningTargets" in value &&
  typeof value.learningTargets === "function";
const isTargets = (value: unknown): value is LearningTarget[] =>
  Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null && "source" in one);

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => basename(file, ".ts"))
  .filter((name) => flags.only === undefined || name === flags.only)
  .sort();
const targets: LearningTarget[] = [];
for (const name of names) {
  // Other files there are commands of their own, and importing one would run it.
  if (!readFileSync(new URL(`${name}.ts`, folder), "utf8").includes("learningTargets")) continue;
  const part: unknown = await import(new URL(`${name}.ts`, folder).href);
  if (!isMeasured(part)) continue;
  for (const target of await part.learningTargets(flags.quick)) targets.push({ ...target, source: name, machine });
}
if (targets.length === 0) {
  process.stderr.write(`No file of bench/learning measures "${flags.only ?? ""}". Leave --only out to see all.\n`);
  process.exit(2);
}

const kept: unknown = existsSync(output) ? JSON.parse(readFileSync(output, "utf8")) : [];
const others = isTargets(kept) ? kept.filter(({ source }) => !targets.some((target) => target.source === source)) : [];
const all = [...others, ...targets].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
if (flags.json) process.stdout.write(`${JSON.stringify(targets, null, 2)}\n`);
else
  for (const { id, target, value, unit, pass, peers } of targets) {
    const beside = Object.entries(peers).map(
      ([name, figure]) => `${name} ${typeof figure === "number" ? Number(figure.toPrecision(4)) : figure}`,
    );
    process.stdout.write(
      `${pass ? "pass" : "FAIL"}  ${id.padEnd(20)} ${Number(value.toPrecision(5))} ${unit}  (${target})${beside.length > 0 ? `  [${beside.join("; ")}]` : ""}\n`,
    );
  }
if (!flags.quick) writeFileSync(output, `${JSON.stringify(all, null, 2)}\n`);
process.exitCode = targets.every(({ pass }) => pass) ? 0 : 1;
