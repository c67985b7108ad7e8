/** Every venue the keeper knows, one line each; a missing one does not compile. */
import { aaveV3 } from "./aave-v3.ts";
import { arrakis } from "./arrakis.ts";
import { bedrock } from "./bedrock.ts";
import { beefy } from "./beefy.ts";
import { curve } from "./curve.ts";
import { erc4626 } from "./erc4626.ts";
import { etherfi } from "./etherfi.ts";
import { frax } from "./frax.ts";
import { gearbox } from "./gearbox.ts";
import type { ProtocolId } from "./ids.ts";
import { kelp } from "./kelp.ts";
import { lido } from "./lido.ts";
import { pendle } from "./pendle.ts";
import { pendleLp } from "./pendle-lp.ts";
import type { Protocol } from "./protocol.ts";
import { puffer } from "./puffer.ts";
import { renzo } from "./renzo.ts";
import { sommelier } from "./sommelier.ts";
import { stader } from "./stader.ts";
import { swell } from "./swell.ts";
import { uniswapV3 } from "./uniswap-v3.ts";
import { uniswapV4 } from "./uniswap-v4.ts";
import { yearnV3 } from "./yearn-v3.ts";

export const PROTOCOLS = {
  "aave-v3": aaveV3,
  erc4626,
  gearbox,
  lido,
  etherfi,
  swell,
  stader,
  kelp,
  renzo,
  bedrock,
  "yearn-v3": yearnV3,
  sommelier,
  beefy,
  frax,
  puffer,
  arrakis,
  "uniswap-v3": uniswapV3,
  "uniswap-v4": uniswapV4,
  curve,
  pendle,
  "pendle-lp": pendleLp,
} as const satisfies Record<ProtocolId, Protocol>;

/** The protocol by key, as the common type. */
export const protocolOf = (id: ProtocolId): Protocol => PROTOCOLS[id];

export type { ProtocolId } from "./ids.ts";
export type { Inspect, Protocol, RateWindow, Reads, VenueFacts } from "./protocol.ts";
export { VenueUnreadError } from "./protocol.ts";
