/** The compiled kernels of artifacts/wasm, or the reason why the TypeScript twin runs instead. */
import { readFileSync } from "node:fs";

export type Backend = "wasm" | "typescript";

export interface CompiledKernel {
  readonly module: WebAssembly.Module | null;
  /** Why there is no module; null when there is one. */
  readonly missing: string | null;
}

const folder = new URL("../../../artifacts/wasm/", import.meta.url);
const compiled = new Map<string, CompiledKernel>();
const PAGE = 65_536;

/** Compiles artifacts/wasm/NAME.wasm once per process; a missing or damaged file is an answer, not an error. */
export function compiledKernel(name: string): CompiledKernel {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const found = compile(name);
  compiled.set(name, found);
  return found;
}

function compile(name: string): CompiledKernel {
  try {
    return { module: new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, folder))), missing: null };
  } catch (cause) {
    const why = cause instanceof WebAssembly.CompileError ? "is damaged" : "is not there";
    return {
      module: null,
      missing: `artifacts/wasm/${name}.wasm ${why}: the TypeScript kernel runs instead, with the same numbers and slower. Run \`npm run build:wasm\`.`,
    };
  }
}

/** Memory of at least `bytes`, filled with zeros. */
export const wasmMemory = (bytes: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });

/** The exported functions of a module over the given memory, by name. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Exports {
  return new WebAssembly.Instance(module, { env: { memory, abort: () => undefined } }).exports;
}
