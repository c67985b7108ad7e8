/** `npm run bench:quant`: every quant target beside its figure, on the screen and in bench/quant.json. */
import { existsSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Target } from "./quant/target.ts";

const halves: readonly { file: string; name: string }[] = [
  { file: "./quant/forecast.ts", name: "forecastTargets" },
  { file: "./quant/optimize.ts", name: "optimizeTargets" },
];

async function targetsOf(file: string, name: string): Promise<Target[]> {
  const url = new URL(file, import.meta.url);
  if (!existsSync(url)) {
    process.stderr.write(`${file} is not there: skipped\n`);
    return [];
  }
  const half: Readonly<Record<string, () => Promise<Target[]>>> = await import(url.href);
  return (await half[name]?.()) ?? [];
}

const targets: Target[] = [];
for (const { file, name } of halves) targets.push(...(await targetsOf(file, name)));
for (const { id, target, value, unit, pass, peers } of targets) {
  const beside = Object.entries(peers).map(
    ([name, figure]) => `${name} ${typeof figure === "number" ? Number(figure.toPrecision(4)) : figure}`,
  );
  process.stdout.write(
    `${pass ? "pass" : "FAIL"}  ${id.padEnd(16)} ${Number(value.toPrecision(5))} ${unit}  (${target})${beside.length > 0 ? `  [${beside.join("; ")}]` : ""}\n`,
  );
}
const [cpu] = cpus();
const machine = {
  cpu: cpu?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: process.platform,
};
if (!process.argv.includes("--quick")) {
  writeFileSync(new URL("quant.json", import.meta.url), `${JSON.stringify({ machine, targets }, null, 2)}\n`);
}
process.exitCode = targets.every(({ pass }) => pass) ? 0 : 1;
