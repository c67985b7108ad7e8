/**
 * Gas per leg. The keeper weighs it against yield before a proposal exists, so it cannot be estimated by simulation;
 * each number names its source and errs on the high side.
 */
import type { LegKindName } from "../kernel/artifacts.ts";
import type { ProtocolId } from "./ids.ts";
import type { GasEstimate } from "./protocol.ts";

const ASSUMED = "upper bound assumed from the number of storage writes and calls of the venue; not measured";
const assumed = (units: number): GasEstimate => ({ units, source: ASSUMED });

export const GAS: Readonly<Record<ProtocolId, Readonly<Record<LegKindName, GasEstimate | null>>>> = {
  "aave-v3": { Deallocate: assumed(350_000), RequestExit: null, Allocate: assumed(350_000), Reposition: null },
  gearbox: { Deallocate: assumed(350_000), RequestExit: null, Allocate: assumed(350_000), Reposition: null },
  erc4626: { Deallocate: assumed(400_000), RequestExit: null, Allocate: assumed(400_000), Reposition: null },
  lido: { Deallocate: null, RequestExit: assumed(450_000), Allocate: assumed(300_000), Reposition: null },
  etherfi: { Deallocate: null, RequestExit: assumed(450_000), Allocate: assumed(350_000), Reposition: null },
};
