/** Memory for the TypeScript kernels. */
const LARGE = 1 << 24;
const LEAST = 65_536;

/** The least heap of at least `bytes` that the asm.js subset allows: a power of two, or whole blocks of 16 MiB. */
export function heapFor(bytes: number): ArrayBuffer {
  if (bytes > LARGE) return new ArrayBuffer(Math.ceil(bytes / LARGE) * LARGE);
  return new ArrayBuffer(Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes))));
}
