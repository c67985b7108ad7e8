/** Compiles a protocol's own source from its npm package with the solc it was written for, and caches the artifacts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Artifact, parseArtifact } from "./artifact.ts";
import { GenuineArtifactError, GenuineCompileError } from "./errors.ts";
import { makeOnce } from "./once.ts";

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface GenuineBuild {
  /** npm alias of the compiler, e.g. `solc-0.8.23`. */
  readonly compiler: string;
  readonly evmVersion: string;
  readonly runs: number;
  /** `source unit:contract` of every contract wanted. */
  readonly contracts: readonly string[];
  /** Import prefix, with a folder or without -> npm package whose root answers it. */
  readonly packages: Readonly<Record<string, string>>;
  /** Source units that lie in this repository: name -> path from its root. */
  readonly local: Readonly<Record<string, string>>;
}

/** What solc's JavaScript wrapper exports, as far as it is used. */
interface Compiler {
  compile(input: string): string;
  version(): string;
}

const isCompiler = (value: unknown): value is Compiler =>
  typeof value === "object" &&
  value !== null &&
  "compile" in value &&
  typeof value.compile === "function" &&
  "version" in value &&
  typeof value.version === "function";

const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).optional(),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.unknown()),
          evm: z.object({ bytecode: z.object({ object: z.string(), linkReferences: z.unknown() }) }),
        }),
      ),
    )
    .optional(),
});

const cacheSchema = z.record(z.string(), z.unknown());

function locate(unit: string, build: GenuineBuild): string {
  const local = build.local[unit];
  if (local !== undefined) return join(ROOT, local);
  for (const [prefix, name] of Object.entries(build.packages)) {
    if (unit.startsWith(`${prefix}/`)) {
      return join(dirname(require.resolve(`${name}/package.json`)), unit.slice(prefix.length + 1));
    }
  }
  throw new GenuineArtifactError(unit, "no package is named for this import");
}

/** Every source unit reachable from the wanted contracts. Read before compiling, so that the cache key covers them all. */
function collectSources(build: GenuineBuild): Map<string, string> {
  const sources = new Map<string, string>();
  const open = build.contracts.map((name) => name.slice(0, name.indexOf(":")));
  for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
    if (sources.has(unit)) continue;
    const content = readFileSync(locate(unit, build), "utf8");
    sources.set(unit, content);
    for (const found of content.matchAll(/^\s*import\b[^"';]*["']([^"']+)["']\s*;/gm)) {
      const target = found[1];
      if (target === undefined) continue;
      open.push(target.startsWith(".") ? posix.join(posix.dirname(unit), target) : target);
    }
  }
  return sources;
}

/** The wanted contracts' artifacts as JSON. */
function compile(build: GenuineBuild, input: string): string {
  const solc: unknown = require(build.compiler);
  if (!isCompiler(solc)) throw new GenuineArtifactError(build.compiler, "it is not a solc package");
  const output = outputSchema.parse(JSON.parse(solc.compile(input)));
  const errors = (output.errors ?? []).filter((entry) => entry.severity === "error");
  if (errors.length > 0) throw new GenuineCompileError(errors.map((entry) => entry.formattedMessage));
  const artifacts: Record<string, { abi: unknown; bytecode: string; linkReferences: unknown }> = {};
  for (const wanted of build.contracts) {
    const cut = wanted.indexOf(":");
    const name = wanted.slice(cut + 1);
    const contract = output.contracts?.[wanted.slice(0, cut)]?.[name];
    if (contract === undefined) throw new GenuineArtifactError(wanted, "the compiler did not produce it");
    artifacts[name] = {
      abi: contract.abi,
      bytecode: contract.evm.bytecode.object,
      linkReferences: contract.evm.bytecode.linkReferences,
    };
  }
  return JSON.stringify(artifacts);
}

/** Artifacts by contract name, from `cache/genuine/` or compiled now. */
export function compileGenuine(build: GenuineBuild): ReadonlyMap<string, Artifact> {
  const sources = collectSources(build);
  const input = JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries([...sources].sort().map(([unit, content]) => [unit, { content }])),
    settings: {
      optimizer: { enabled: true, runs: build.runs },
      evmVersion: build.evmVersion,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"] } },
    },
  });
  const key = createHash("sha256").update(build.compiler).update(input).update(build.contracts.join()).digest("hex");
  const path = join(ROOT, "cache", "genuine", `${key.slice(0, 32)}.json`);
  makeOnce(path, () => compile(build, input));
  return new Map(
    Object.entries(cacheSchema.parse(JSON.parse(readFileSync(path, "utf8")))).map(([name, value]) => [
      name,
      parseArtifact(name, value),
    ]),
  );
}

/** Picks an artifact. @throws {GenuineArtifactError} when the build did not make it. */
export function pick(artifacts: ReadonlyMap<string, Artifact>, name: string): Artifact {
  const artifact = artifacts.get(name);
  if (artifact === undefined) throw new GenuineArtifactError(name, "it is not part of this build");
  return artifact;
}
