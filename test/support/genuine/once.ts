/** Makes a file once among processes that want it at the same time: the suites run side by side, and a compile is long. */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const POLL_MS = 200;
/** A process number is given again in time: a lock this old belongs to nobody. */
const STALE_MS = 600_000;

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return codeOf(error) === "EPERM";
  }
}

/** Removes a lock whose holder has died. */
function clear(lock: string): void {
  try {
    const age = Date.now() - statSync(lock).mtimeMs;
    if (age > STALE_MS || !isAlive(Number(readFileSync(lock, "utf8")))) rmSync(lock, { force: true });
  } catch (error) {
    // Released between the two looks.
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** A link either appears whole, with the holder's number in it, or not at all. */
function take(lock: string, mine: string): boolean {
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    clear(lock);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Returns once `path` exists: made here, or by whoever was first, for whom it waits. Whoever reads it finds it whole.
 * @throws what `make` throws; the next process then tries itself.
 */
export function makeOnce(path: string, make: () => string): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  const lock = `${path}.lock`;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(path)) {
    if (!take(lock, aside)) {
      Atomics.wait(pause, 0, 0, POLL_MS);
      continue;
    }
    try {
      // Made between the look and the lock.
      if (existsSync(path)) return;
      writeFileSync(aside, make());
      renameSync(aside, path);
    } finally {
      rmSync(lock, { force: true });
    }
  }
}
