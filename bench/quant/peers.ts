/** Other tools' times on our problems, in the same run: scipy, cvxopt and scikit-learn in Python, quadprog in R, one thread each. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { endianness, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { progress, REPEATS } from "./target.ts";

/** Debian's interpreter has the packages; another one may stand first in the path. */
const PYTHON = process.env["BENCH_PYTHON"] ?? "/usr/bin/python3";
const LONGEST_MS = 600_000;
const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };

const answerSchema = z.object({
  id: z.string(),
  kind: z.string(),
  milliseconds: z.number().optional(),
  success: z.boolean().optional(),
  weights: z.array(z.number()).optional(),
  value: z.number().nullish(),
  missing: z.string().optional(),
});

export interface PeerAnswer {
  readonly milliseconds: number;
  /** What the tool itself says. */
  readonly success: boolean;
  readonly weights: readonly number[];
  /** The objective at the tool's weights, by one measure for all. */
  readonly value: number;
}

export interface PeerJob {
  readonly id: string;
  readonly kind: string;
  /** Row by row. */
  readonly data: Float64Array;
  readonly size: number;
  readonly n: number;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly repeats?: number;
}

/** Answers by `id kind`; a job whose tool is not there is absent. */
export function askPython(jobs: readonly PeerJob[]): Map<string, PeerAnswer> {
  const folder = mkdtempSync(join(tmpdir(), "bench-quant-"));
  try {
    const lines = jobs.map(({ id, kind, data, size, n, more, repeats }, k) => {
      const file = join(folder, `${k}.bin`);
      writeFileSync(file, littleEndian(data));
      return JSON.stringify({ id, kind, size, n, file, repeats: repeats ?? REPEATS, ...more });
    });
    const script = fileURLToPath(new URL("peers-portfolio.py", import.meta.url));
    progress(`  peers: ${jobs.length} jobs in Python`);
    const run = spawnSync(PYTHON, [script], {
      input: lines.join("\n"),
      encoding: "utf8",
      env,
      timeout: LONGEST_MS,
      maxBuffer: 2 ** 28,
    });
    const answers = new Map<string, PeerAnswer>();
    if (run.status !== 0) {
      progress(`  peers: ${PYTHON} did not finish: ${(run.stderr || String(run.error)).trim().split("\n").at(-1)}`);
    }
    for (const line of (run.stdout ?? "").split("\n").filter((text) => text.startsWith("{"))) {
      const { id, kind, milliseconds, success, weights, value, missing } = answerSchema.parse(JSON.parse(line));
      if (missing !== undefined || milliseconds === undefined) progress(`  peers: ${kind} skipped: ${missing}`);
      else
        answers.set(`${id} ${kind}`, {
          milliseconds,
          success: success ?? false,
          weights: weights ?? [],
          value: value ?? Number.NaN,
        });
    }
    return answers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds and variance of R's quadprog by id; empty without R. */
export function askQuadprog(
  problems: readonly { readonly id: string; readonly n: number; readonly cap: number; readonly matrix: Float64Array }[],
): Map<string, { milliseconds: number; variance: number }> {
  const folder = mkdtempSync(join(tmpdir(), "bench-quant-"));
  try {
    const lines = problems.map(({ id, n, cap, matrix }, k) => {
      const file = join(folder, `${k}.bin`);
      writeFileSync(file, littleEndian(matrix));
      return `${id} ${n} ${cap} ${REPEATS} ${file}`;
    });
    const script = fileURLToPath(new URL("peers-quadprog.R", import.meta.url));
    progress(`  peers: ${problems.length} jobs in R`);
    const run = spawnSync("Rscript", [script], { input: lines.join("\n"), encoding: "utf8", env, timeout: LONGEST_MS });
    if (run.status !== 0) {
      progress("  peers: R or its package quadprog is not installed: skipped");
      return new Map();
    }
    return new Map(
      run.stdout
        .trim()
        .split("\n")
        .map((line) => {
          const [id = "", milliseconds = "", variance = ""] = line.trim().split(" ");
          return [id, { milliseconds: Number(milliseconds), variance: Number(variance) }];
        }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function littleEndian(data: Float64Array): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return endianness() === "LE" ? bytes : Buffer.from(bytes).swap64();
}
