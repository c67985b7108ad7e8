/** A copy of the project in the temporary folder, for sources that are changed on purpose. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "./ast.ts";

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
  readonly timedOut: boolean;
}

/** The same folder for the same checkout, so that solc's cache and an interrupted run's results are found again. */
export function workspaceOf(purpose: string): string {
  const key = createHash("sha256").update(projectRoot).digest("hex").slice(0, 12);
  return join(tmpdir(), `amplified-${purpose}-${key}`);
}

/** Brings `parts` of the project into the workspace, anew each time; dependencies are linked. */
export function copyProject(workspace: string, parts: readonly string[]): void {
  mkdirSync(workspace, { recursive: true });
  for (const part of parts) {
    rmSync(join(workspace, part), { recursive: true, force: true });
    cpSync(join(projectRoot, part), join(workspace, part), { recursive: true });
  }
  if (!existsSync(join(workspace, "node_modules")))
    symlinkSync(join(projectRoot, "node_modules"), join(workspace, "node_modules"), "dir");
}

const cli = join(projectRoot, "node_modules", "hardhat", "dist", "src", "cli.js");
const environment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
  FORCE_COLOR: "0",
  ...extra,
});

/** Runs Hardhat inside the workspace. `seconds` bounds it; `echo` shows its output as it comes. */
export function hardhat(
  workspace: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly seconds?: number; readonly echo?: boolean } = {},
): Ran {
  const run = spawnSync(process.execPath, [cli, ...args], {
    cwd: workspace,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: environment(options.env),
    ...(options.seconds === undefined ? {} : { timeout: options.seconds * 1_000 }),
    ...(options.echo === true ? { stdio: ["ignore", process.stderr, process.stderr] } : {}),
  });
  const timedOut = run.error !== undefined && "code" in run.error && run.error.code === "ETIMEDOUT";
  return { ok: run.status === 0, output: `${run.stdout ?? ""}${run.stderr ?? ""}`, timedOut };
}

/** The same without waiting, for runs side by side. */
export function startHardhat(
  workspace: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly seconds: number },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const run = spawn(process.execPath, [cli, ...args], { cwd: workspace, env: environment(options.env) });
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      run.kill("SIGKILL");
    }, options.seconds * 1_000);
    const take = (part: Buffer): void => {
      output += part.toString("utf8");
    };
    run.stdout.on("data", take);
    run.stderr.on("data", take);
    run.on("error", reject);
    run.on("close", (status) => {
      clearTimeout(timer);
      resolve({ ok: status === 0, output, timedOut });
    });
  });
}

/** Names a state of the sources: a result counts only for what it was measured on. */
export function fingerprint(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const files = readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort())
      hash.update(file.slice(projectRoot.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}
