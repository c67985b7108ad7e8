/**
 * Append-only record of what the keeper meant to send, written before it is sent: after a crash the next run knows
 * every nonce it used and every hash it may find mined.
 */
import { type FileHandle, mkdir, open, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { TransactionLogError } from "./errors.ts";

const decimal = z.string().regex(/^\d+$/).transform(BigInt);
const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);

const entrySchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("intent"),
    id: z.string(),
    purpose: z.string(),
    chainId: z.number().int(),
    from: hex,
    to: hex,
    data: hex,
    value: decimal,
    nonce: z.number().int(),
    gas: decimal,
  }),
  z.strictObject({ type: z.literal("sent"), id: z.string(), hash: hex, raw: hex, maxFee: decimal, tip: decimal }),
  z.strictObject({
    type: z.literal("closed"),
    id: z.string(),
    /** `foreign`: the nonce went to a transaction outside this log. `refused`: the node took none of the sends. */
    outcome: z.enum(["confirmed", "reverted", "foreign", "refused"]),
    hash: hex.nullable(),
    block: z.number().int().nullable(),
  }),
]);

export type LogEntry = z.output<typeof entrySchema>;
export type IntentEntry = Extract<LogEntry, { type: "intent" }>;
export type SentEntry = Extract<LogEntry, { type: "sent" }>;
export type ClosedEntry = Extract<LogEntry, { type: "closed" }>;

/** One intent with everything the log says about it. */
export interface LoggedIntent {
  readonly intent: IntentEntry;
  readonly sends: readonly SentEntry[];
  readonly closed: ClosedEntry | null;
}

const missing = z.object({ code: z.literal("ENOENT") });

const spell = (entry: LogEntry): string =>
  JSON.stringify(entry, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

/** Cuts off a torn last line: its entry was not complete on disk, so nothing it announced was sent. */
async function cutTornLine(file: string): Promise<void> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    if (missing.safeParse(error).success) return;
    throw new TransactionLogError(file, 0, "the file cannot be read");
  }
  const end = content.lastIndexOf("\n") + 1;
  if (end < content.length) await truncate(file, end);
}

/** Appends an entry and forces it to disk before returning: a send must not overtake its record. */
export async function appendEntry(file: string, entry: LogEntry): Promise<void> {
  await cutTornLine(file);
  let handle: FileHandle;
  try {
    await mkdir(dirname(file), { recursive: true });
    handle = await open(file, "a", 0o600);
  } catch {
    throw new TransactionLogError(file, 0, "the file cannot be written");
  }
  try {
    await handle.write(`${spell(entry)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseLine(file: string, line: string, number: number): LogEntry {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new TransactionLogError(file, number, "it is not JSON");
  }
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) throw new TransactionLogError(file, number, z.prettifyError(parsed.error));
  return parsed.data;
}

/** All intents in the order they were made; an absent file holds none. A torn last line is what a crash leaves and is skipped. */
export async function readLog(file: string): Promise<readonly LoggedIntent[]> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    if (missing.safeParse(error).success) return [];
    throw new TransactionLogError(file, 0, "the file cannot be read");
  }
  const intents = new Map<string, { intent: IntentEntry; sends: SentEntry[]; closed: ClosedEntry | null }>();
  const lines = content.split("\n");
  lines.forEach((line, index) => {
    const torn = index === lines.length - 1;
    if (line === "" || torn) return;
    const entry = parseLine(file, line, index + 1);
    if (entry.type === "intent") intents.set(entry.id, { intent: entry, sends: [], closed: null });
    else {
      const known = intents.get(entry.id);
      if (known === undefined) throw new TransactionLogError(file, index + 1, `it belongs to no intent (${entry.id})`);
      if (entry.type === "sent") known.sends.push(entry);
      else known.closed = entry;
    }
  });
  return [...intents.values()];
}
