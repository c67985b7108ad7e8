/** The trained policy that comes with the engine; `node bench/learning/train-dqn.ts` writes it. */
import { fileURLToPath } from "node:url";

export const SHIPPED_POLICY = fileURLToPath(new URL("policy.json", import.meta.url));
