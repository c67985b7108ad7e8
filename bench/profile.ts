/** Where a transaction's gas went: by contract and function, and by kind of operation, from its trace. */
import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";

const traceSchema = z.object({
  gas: z.number(),
  structLogs: z.array(
    z.object({
      pc: z.number(),
      op: z.string(),
      gasCost: z.number(),
      depth: z.number(),
      gas: z.number(),
      stack: z.array(z.string()),
    }),
  ),
});
const sentSchema = z.object({ to: z.string() });
const codeSchema = z.string();
const buildSchema = z.object({
  output: z.object({
    contracts: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({ evm: z.object({ deployedBytecode: z.object({ object: z.string(), sourceMap: z.string() }) }) }),
      ),
    ),
    sources: z.record(z.string(), z.object({ id: z.number(), ast: z.unknown() })),
  }),
});
const nodeSchema = z.looseObject({ nodeType: z.string(), src: z.string() });

interface Rpc {
  send(method: string, params: unknown[]): Promise<unknown>;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

interface Code {
  readonly name: string;
  /** Function of each program counter that starts an instruction. */
  readonly functions: readonly string[];
}

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL"]);
const COLD = 2_000;
/** Bytes at the end of a contract that no other has: the digest of its sources. */
const TAIL = 2 * 43;
const ROWS = 60;

const kindOf = (op: string, cost: number): string => {
  if (op === "SLOAD") return cost > COLD ? "sload cold" : "sload warm";
  if (op === "SSTORE") return cost > COLD ? `sstore ${cost}` : "sstore warm";
  if (CALLS.has(op)) return "calls";
  if (op.startsWith("LOG")) return "logs";
  return "compute";
};

const spanOf = (src: string): readonly [number, number] => {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return [start, start + length];
};

/** Functions and modifiers of one source file, as ranges of its text. */
function spansOf(tree: unknown): Span[] {
  const spans: Span[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    const node = nodeSchema.safeParse(value);
    if (!node.success) return;
    if (node.data.nodeType === "FunctionDefinition" || node.data.nodeType === "ModifierDefinition") {
      const [start, end] = spanOf(node.data.src);
      spans.push({ start, end, name: String(node.data["name"]) || String(node.data["kind"]) });
      return;
    }
    for (const child of Object.values(node.data)) if (typeof child === "object") visit(child);
  };
  visit(tree);
  return spans;
}

/** Which function each instruction belongs to, by the compiler's source map. */
function functionsOf(code: string, sourceMap: string, spans: ReadonlyMap<number, readonly Span[]>): string[] {
  const functions: string[] = [];
  const entries = sourceMap.split(";");
  let [start, file] = [0, -1];
  let pc = 0;
  for (const entry of entries) {
    const [s, , f] = entry.split(":");
    if (s) start = Number(s);
    if (f) file = Number(f);
    const found = spans.get(file)?.find((span) => span.start <= start && start < span.end);
    functions[pc] = found?.name ?? (spans.has(file) ? "dispatch" : "generated");
    const op = Number.parseInt(code.slice(2 * pc, 2 * pc + 2), 16);
    pc += op >= 0x60 && op <= 0x7f ? op - 0x5f + 1 : 1;
  }
  return functions;
}

/** Every contract of the last build, by the end of its code. */
function readBuild(): Map<string, Code> {
  const folder = new URL("../artifacts/build-info/", import.meta.url);
  const codes = new Map<string, Code>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".output.json"))) {
    const { output } = buildSchema.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    const spans = new Map(Object.values(output.sources).map(({ id, ast }) => [id, spansOf(ast)]));
    for (const [name, { evm }] of Object.values(output.contracts).flatMap((list) => Object.entries(list))) {
      const { object, sourceMap } = evm.deployedBytecode;
      if (object === "") continue;
      codes.set(object.slice(-TAIL), { name, functions: functionsOf(object, sourceMap, spans) });
    }
  }
  return codes;
}

let build: Map<string, Code> | undefined;

/** Prints a mined transaction's gas by function and kind of operation, largest first. Calls cost what entering costs. */
export async function printProfile(provider: Rpc, hash: string, title = hash): Promise<void> {
  build ??= readBuild();
  const trace = traceSchema.parse(
    await provider.send("debug_traceTransaction", [hash, { disableMemory: true, disableStorage: true }]),
  );
  const codes = new Map<string, Code | undefined>();
  const codeAt = async (address: string): Promise<Code | undefined> => {
    if (!codes.has(address)) {
      const code = codeSchema.parse(await provider.send("eth_getCode", [address, "latest"]));
      codes.set(address, build?.get(code.slice(-TAIL)));
    }
    return codes.get(address);
  };
  const sums = new Map<string, { gas: number; count: number }>();
  const add = (key: string, gas: number): void => {
    const sum = sums.get(key) ?? { gas: 0, count: 0 };
    sums.set(key, { gas: sum.gas + gas, count: sum.count + 1 });
  };
  const sent = sentSchema.parse(await provider.send("eth_getTransactionByHash", [hash]));
  const path = [await codeAt(sent.to)];
  /** The function of each frame that the compiler's helper code last ran for. */
  const callers: string[] = [];
  let counted = 0;
  for (const [i, log] of trace.structLogs.entries()) {
    path.length = log.depth;
    const next = trace.structLogs[i + 1];
    let own = log.gasCost;
    if (CALLS.has(log.op) && next !== undefined) {
      // The gas handed over is the callee's: what is left is the price of the call and of a cold account.
      const entered = next.depth > log.depth;
      const after = entered ? trace.structLogs.slice(i + 1).find((later) => later.depth === log.depth) : next;
      own = log.gas - (after?.gas ?? log.gas) - (entered ? spent(trace.structLogs, i + 1, log.depth) : 0);
      if (entered)
        path.push(await codeAt(`0x${(log.stack.at(-2) ?? "").replace(/^0x/, "").slice(-40).padStart(40, "0")}`));
    }
    const code = path[log.depth - 1];
    const name = code?.functions[log.pc] ?? "?";
    callers.length = log.depth;
    if (name !== "generated") callers[log.depth - 1] = name;
    const place = `${code?.name ?? "?"}.${name === "generated" ? `${callers[log.depth - 1]} (helpers)` : name}`;
    const kind = kindOf(log.op, own);
    add(`kind ${kind}`, own);
    add(`${place} ${kind === "compute" ? "" : kind}`, own);
    counted += own;
  }
  console.log(`\n${title} ${trace.gas} gas, ${trace.gas - counted} of it before the first instruction or refunded`);
  const rows = [...sums].sort(([, a], [, b]) => b.gas - a.gas);
  for (const [key, { gas, count }] of rows.slice(0, ROWS))
    console.log(`  ${String(gas).padStart(8)} ${String(count).padStart(6)}  ${key}`);
}

/** Gas that the frame entered at `from` used, from its first instruction to its last. */
function spent(
  logs: readonly { readonly depth: number; readonly gas: number; readonly gasCost: number }[],
  from: number,
  outer: number,
): number {
  let last = from;
  while ((logs[last + 1]?.depth ?? outer) > outer) ++last;
  return (logs[from]?.gas ?? 0) - (logs[last]?.gas ?? 0) + (logs[last]?.gasCost ?? 0);
}
