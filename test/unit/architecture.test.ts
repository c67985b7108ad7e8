/**
 * The rules of docs/ARCHITECTURE.md that a machine can hold: who imports whom, file size, adapter and twin side by side,
 * where casts and errors may stand.
 */
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const STAGES = ["data", "features", "forecast", "optimize", "policy", "risk", "propose", "execute"];
/** What a stage may import besides itself. Chain access belongs to the stages at the two ends only. */
const PURE = ["kernel", "math"];
const CHAIN_FACING = [...PURE, "chain", "protocols", "config"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  math: ["kernel"],
  features: PURE,
  forecast: PURE,
  optimize: PURE,
  policy: PURE,
  risk: PURE,
  report: PURE,
  chain: ["kernel"],
  protocols: ["kernel", "chain"],
  config: [...PURE, "chain", "protocols"],
  data: CHAIN_FACING,
  propose: CHAIN_FACING,
  execute: CHAIN_FACING,
};
const MAX_LINES = 500;

function filesUnder(folder: string, extension: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = [...text.matchAll(/(?:from\s+|import\s*\(\s*|^import\s+)["'](\.[^"']+)["']/gm)];
  return found.map((match) => normalize(join(dirname(file), match[1] ?? "")));
}

describe("architecture", () => {
  const keeperFiles = filesUnder("keeper", ".ts");

  it("lets each folder of the keeper import only what stands below it", () => {
    const offences = keeperFiles.flatMap((file) => {
      const folder = file.split("/")[1] ?? "";
      const allowed = MAY_IMPORT[folder];
      if (!allowed) return [];
      return importsOf(file)
        .filter((target) => target.startsWith("keeper/"))
        .filter((target) => {
          const other = target.split("/")[1] ?? "";
          return other !== folder && !allowed.includes(other);
        })
        .map((target) => `${file} imports ${target}`);
    });
    assert.deepEqual(offences, []);
  });

  it("lets only the pipeline, the run and the backtest import more than one stage", () => {
    const ordering = ["keeper/run.ts", "keeper/pipeline.ts", "keeper/profiles.ts"];
    const offences = keeperFiles
      .filter((file) => !ordering.includes(file) && !file.startsWith("keeper/backtest/"))
      .filter((file) => {
        const stages = new Set(
          importsOf(file)
            .map((target) => target.split("/")[1] ?? "")
            .filter((folder) => STAGES.includes(folder)),
        );
        stages.delete(file.split("/")[1] ?? "");
        // The command line verbs each call one stage (sign, verify, execute); none may order several.
        return stages.size > 1 && !file.startsWith("keeper/cli/");
      });
    assert.deepEqual(offences, []);
  });

  it("keeps the keeper free of Hardhat, the embedded chain and the tests", () => {
    const offences = keeperFiles.flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const foreign = importsOf(file).filter((target) => /^(embedded|test|deploy\/modules)\//.test(target));
      const hardhat = /from\s+["'](hardhat|@nomicfoundation)/.test(text) ? ["hardhat"] : [];
      // The doors: the demo loads the embedded chain, the simulation its seeded market where no recorded one is at hand.
      if (file === "keeper/cli/demo.ts" || file === "keeper/cli/simulate.ts") return [];
      return [...foreign, ...hardhat].map((target) => `${file} imports ${target}`);
    });
    assert.deepEqual(offences, []);
  });

  it("holds every source file below 500 lines", () => {
    const sources = [
      ...keeperFiles,
      ...["embedded", "deploy", "scripts", "test"].flatMap((folder) => filesUnder(folder, ".ts")),
      ...["contracts", "test"].flatMap((folder) => filesUnder(folder, ".sol")),
    ];
    const long = sources
      .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length }))
      .filter(({ lines }) => lines > MAX_LINES);
    assert.deepEqual(long, []);
  });

  it("pairs every adapter with its twin in keeper/protocols and its external interfaces", () => {
    const fold = (name: string) => name.toLowerCase().replaceAll("-", "");
    const adapters = filesUnder("contracts/adapters", "Adapter.sol")
      .filter((file) => !/abstract contract/.test(readFileSync(join(root, file), "utf8")))
      .map((file) => fold(file.replace(/^.*\//, "").replace("Adapter.sol", "")))
      .sort();
    const twins = filesUnder("keeper/protocols", ".ts")
      .filter((file) => readFileSync(join(root, file), "utf8").includes("satisfies Protocol"))
      .map((file) => fold(file.replace(/^.*\//, "").replace(".ts", "")))
      .sort();
    assert.deepEqual(twins, adapters);
    assert.ok(adapters.length > 0, "no adapter was found: the test looks in the wrong place");
  });

  it("throws no bare Error and uses no random numbers but the seeded ones", () => {
    const offences = [...keeperFiles, ...filesUnder("embedded", ".ts")].flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .map((line, index) => ({ line, where: `${file}:${index + 1}` }))
        .filter(({ line }) => /throw new Error\(|Math\.random\(|[:<]\s*any\s*[;,)=>\]]|\bas any\b/.test(line))
        .map(({ where, line }) => `${where} ${line.trim()}`),
    );
    assert.deepEqual(offences, []);
  });

  it("names no machine path and no registry host in what is committed", () => {
    const offences = [...keeperFiles, ...filesUnder("docs", ".md"), "README.md", "package-lock.json"].filter((file) =>
      /(^|["'\s(])\/(tmp|work|root|home)\/[a-z]|"resolved":/m.test(readFileSync(join(root, file), "utf8")),
    );
    assert.deepEqual(offences, []);
  });
});
