/** Where a transaction's gas went: by contract and by kind of operation, from its trace. */
import { z } from "zod";

const traceSchema = z.object({
  gas: z.number(),
  structLogs: z.array(
    z.object({ op: z.string(), gasCost: z.number(), depth: z.number(), gas: z.number(), stack: z.array(z.string()) }),
  ),
});

interface Rpc {
  send(method: string, params: unknown[]): Promise<unknown>;
}

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL"]);
const COLD = 2_000;

const kindOf = (op: string, cost: number): string => {
  if (op === "SLOAD") return cost > COLD ? "sload cold" : "sload warm";
  if (op === "SSTORE") return cost > COLD ? `sstore ${cost}` : "sstore warm";
  if (CALLS.has(op)) return "calls";
  if (op.startsWith("LOG")) return "logs";
  if (op === "KECCAK256" || op === "SHA3") return "keccak";
  if (["MLOAD", "MSTORE", "CALLDATACOPY", "RETURNDATACOPY", "MCOPY"].includes(op)) return "memory";
  return "compute";
};

export async function printProfile(provider: Rpc, hash: string): Promise<void> {
  const trace = traceSchema.parse(
    await provider.send("debug_traceTransaction", [hash, { disableMemory: true, disableStorage: true }]),
  );
  const sums = new Map<string, { gas: number; count: number }>();
  const path: string[] = ["tx"];
  trace.structLogs.forEach((log, i) => {
    path.length = log.depth;
    const next = trace.structLogs[i + 1];
    // A call's cost includes what it hands over; its own is what is left when the callee's gas is taken off.
    const entered = CALLS.has(log.op) && next !== undefined && next.depth > log.depth;
    const cost = entered
      ? Math.max(0, log.gas - (next?.gas ?? 0) - Math.floor((log.gas - (next?.gas ?? 0)) / 64))
      : log.gasCost;
    const own = entered ? Math.min(cost, 2_700) : cost;
    if (entered) path.push((log.stack.at(-2) ?? "").slice(-6));
    const kind = kindOf(log.op, own);
    for (const key of [`kind ${kind}`, `at ${path[log.depth - 1] ?? "?"} ${kind}`]) {
      const sum = sums.get(key) ?? { gas: 0, count: 0 };
      sums.set(key, { gas: sum.gas + own, count: sum.count + 1 });
    }
  });
  console.log(`\n${hash} ${trace.gas} gas`);
  const rows = [...sums].sort(([, a], [, b]) => b.gas - a.gas);
  for (const [key, { gas, count }] of rows.slice(0, 45))
    console.log(`  ${String(gas).padStart(8)} ${String(count).padStart(6)}  ${key}`);
}
