/**
 * Forecasts already computed, so that an interrupted run goes on where it stopped. One line a day; each line carries a hash of
 * itself. A file of other inputs, or one that is damaged, is said to be so and not used.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { canonicalHash } from "../kernel/canonical.ts";
import type { Hash } from "../kernel/units.ts";
import { CheckpointUnusableError } from "./errors.ts";
import type { Prepared } from "./forecasts.ts";

const VERSION = 1;
const headSchema = z.object({ version: z.literal(VERSION), inputs: z.string() });
const versionSchema = z.object({ version: z.number() }).refine(({ version }) => version !== VERSION);
const intervalSchema = z.object({ level: z.number(), lower: z.number(), upper: z.number() });
const preparedSchema = z.union([
  z.object({
    kind: z.literal("ready"),
    horizonDays: z.number(),
    strategies: z.array(
      z.object({
        id: z.number(),
        name: z.string(),
        model: z.string(),
        meanDaily: z.number(),
        intervals: z.array(intervalSchema),
        path: z.array(z.object({ mean: z.number(), intervals: z.array(intervalSchema) })),
        errors: z.array(z.object({ model: z.string(), mae: z.number(), origins: z.number() })),
        trainedFrom: z.number(),
        trainedTo: z.number(),
      }),
    ),
  }),
  z.object({ kind: z.literal("held"), code: z.string(), reason: z.string() }),
]);
const lineSchema = z.object({ day: z.number().int(), prepared: preparedSchema, sum: z.string() });

const sumOf = (day: number, prepared: Prepared): string => canonicalHash({ day, prepared }).slice(2, 18);

export class Checkpoint {
  readonly #file: string;
  readonly #days: Map<number, Prepared>;

  private constructor(file: string, days: Map<number, Prepared>) {
    this.#file = file;
    this.#days = days;
  }

  /**
   * Opens or begins the checkpoint of these inputs.
   * @param say told, in one line, what was found: resumed, of other inputs, or damaged.
   * @throws {CheckpointUnusableError}
   */
  static open(file: string, inputs: Hash, say: (line: string) => void): Checkpoint {
    try {
      const days = existsSync(file) ? readDays(file, inputs, say) : null;
      if (days !== null && days.size > 0) say(`resuming: ${days.size} decision days are in ${file}`);
      if (days === null) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${JSON.stringify({ version: VERSION, inputs })}\n`);
      }
      return new Checkpoint(file, days ?? new Map());
    } catch (cause) {
      throw new CheckpointUnusableError(file, cause);
    }
  }

  get(day: number): Prepared | undefined {
    return this.#days.get(day);
  }

  put(day: number, prepared: Prepared): void {
    this.#days.set(day, prepared);
    appendFileSync(this.#file, `${JSON.stringify({ day, prepared, sum: sumOf(day, prepared) })}\n`);
  }

  /** The run is complete: nothing is left to resume. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The days of a whole file of these inputs; null when it cannot be used. A last line cut off by a kill is dropped. */
function readDays(file: string, inputs: Hash, say: (line: string) => void): Map<number, Prepared> | null {
  const text = readFileSync(file, "utf8");
  const [top = "", ...lines] = text.split("\n");
  const written = parse(top);
  const head = headSchema.safeParse(written);
  if (!head.success) {
    const other = versionSchema.safeParse(written);
    if (other.success) {
      say(
        `the checkpoint ${file} was written by another version (${other.data.version}, not ${VERSION}): starting again`,
      );
      return null;
    }
    say(`the checkpoint ${file} is damaged in line 1: starting again`);
    return null;
  }
  if (head.data.inputs !== inputs) {
    say(`the checkpoint ${file} belongs to other data or options: starting again`);
    return null;
  }
  const days = new Map<number, Prepared>();
  const body = lines.slice(0, -1);
  for (const [i, line] of body.entries()) {
    const entry = lineSchema.safeParse(parse(line));
    if (!entry.success || entry.data.sum !== sumOf(entry.data.day, entry.data.prepared)) {
      say(`the checkpoint ${file} is damaged in line ${i + 2}: starting again`);
      return null;
    }
    days.set(entry.data.day, entry.data.prepared);
  }
  const rest = lines[lines.length - 1] ?? "";
  if (rest !== "") {
    // Written in the moment of the kill: what stands before it is whole, and the file is brought back to that.
    writeFileSync(file, text.slice(0, text.length - rest.length));
  }
  return days;
}
