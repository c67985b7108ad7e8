/**
 * The mission's protocols and tokens: which twin serves each, and which test files prove it on what code. The one source of
 * `amplified venues` and docs/VENUES.md. A venue whose twin the engine does not know (yet) shows no adapter.
 */
import { isProtocolId } from "./ids.ts";
import { protocolOf } from "./index.ts";

/** What a venue was tested on; each a list of test files. */
export interface VenueTests {
  /** The protocol's own contracts, deployed from npm. */
  readonly npm: readonly string[];
  /** The protocol's own contracts, from recorded mainnet state. */
  readonly recorded: readonly string[];
  /** Doubles: contracts of this project that follow the protocol's source. */
  readonly double: readonly string[];
  /** Written for a fork of mainnet: runs where MAINNET_RPC_URL is set. */
  readonly live: readonly string[];
}

/** Protocols and tokens of the mission, and what was added since. */
type VenueKind = "protocol" | "token" | "addition";

interface VenueEntry {
  readonly id: string;
  readonly kind: VenueKind;
  /** Key of the twin in the registry of protocols. */
  readonly twin: string;
  readonly tests: VenueTests;
  /** What the test files do not say by themselves. */
  readonly note?: string;
}

export interface Venue {
  readonly id: string;
  readonly kind: VenueKind;
  readonly adapter: string | null;
  readonly twin: string | null;
  readonly tests: VenueTests;
}

const adapter = (name: string): readonly string[] => [`test/adapters/${name}Adapter.test.ts`];
const fork = (name: string): readonly string[] => [`test/fork/${name}.test.ts`];
const NONE: readonly string[] = [];
const NO_CODE =
  "Recorded state lacks its staking and exit contracts; the double alone has run, a fork test waits for an endpoint.";

/** In the order of the mission. */
export const VENUE_ENTRIES: readonly VenueEntry[] = [
  {
    id: "uniswap-v3",
    kind: "protocol",
    twin: "uniswap-v3",
    tests: { npm: adapter("UniswapV3"), recorded: fork("uniswap"), double: NONE, live: fork("uniswap") },
  },
  {
    id: "uniswap-v4",
    kind: "protocol",
    twin: "uniswap-v4",
    tests: { npm: adapter("UniswapV4"), recorded: NONE, double: NONE, live: NONE },
  },
  {
    id: "aave-v3",
    kind: "protocol",
    twin: "aave-v3",
    tests: {
      npm: [...adapter("AaveV3"), "test/keeper/protocols/aave-v3.test.ts"],
      recorded: fork("aave"),
      double: NONE,
      live: fork("aave"),
    },
    note: "npm: releases 3.0 and 3.6, the latter compiled from source; recorded: mainnet as of May 2024.",
  },
  {
    id: "yearn",
    kind: "protocol",
    twin: "yearn-v3",
    tests: { npm: NONE, recorded: NONE, double: adapter("YearnV3"), live: NONE },
  },
  {
    id: "frax",
    kind: "protocol",
    twin: "frax",
    tests: { npm: NONE, recorded: NONE, double: adapter("Frax"), live: NONE },
  },
  {
    id: "curve",
    kind: "protocol",
    twin: "curve",
    tests: { npm: NONE, recorded: fork("curve"), double: adapter("Curve"), live: fork("curve") },
  },
  {
    id: "ether.fi",
    kind: "protocol",
    twin: "etherfi",
    tests: { npm: NONE, recorded: fork("etherfi"), double: adapter("EtherFi"), live: fork("etherfi") },
    note: "Recorded: staking and value; exits by request and instant redemption run on the double, on a fork where its block has them.",
  },
  {
    id: "pendle",
    kind: "protocol",
    twin: "pendle",
    tests: { npm: adapter("Pendle"), recorded: NONE, double: NONE, live: NONE },
  },
  {
    id: "gearbox",
    kind: "protocol",
    twin: "gearbox",
    tests: { npm: adapter("Gearbox"), recorded: NONE, double: NONE, live: NONE },
  },
  {
    id: "beefy",
    kind: "protocol",
    twin: "beefy",
    tests: { npm: NONE, recorded: NONE, double: adapter("Beefy"), live: NONE },
  },
  {
    id: "sommelier",
    kind: "protocol",
    twin: "sommelier",
    tests: { npm: NONE, recorded: NONE, double: adapter("Sommelier"), live: NONE },
  },
  {
    id: "arrakis",
    kind: "protocol",
    twin: "arrakis",
    tests: { npm: NONE, recorded: NONE, double: adapter("Arrakis"), live: NONE },
  },
  {
    id: "stETH",
    kind: "token",
    twin: "lido",
    tests: { npm: NONE, recorded: fork("lido"), double: adapter("Lido"), live: fork("lido") },
  },
  {
    id: "sfrxETH",
    kind: "token",
    twin: "frax",
    tests: { npm: NONE, recorded: NONE, double: adapter("Frax"), live: NONE },
  },
  {
    id: "eETH",
    kind: "token",
    twin: "etherfi",
    tests: { npm: NONE, recorded: fork("etherfi"), double: adapter("EtherFi"), live: fork("etherfi") },
    note: "As ether.fi.",
  },
  ...(["swETH", "rswETH"] as const).map(
    (id): VenueEntry => ({
      id,
      kind: "token",
      twin: "swell",
      tests: { npm: NONE, recorded: fork("swell"), double: adapter("Swell"), live: fork("swell") },
      note: "Recorded: the rate alone, by Swell's own code; staking and exits on the double, a fork test waits for an endpoint.",
    }),
  ),
  {
    id: "ETHx",
    kind: "token",
    twin: "stader",
    tests: { npm: NONE, recorded: NONE, double: adapter("Stader"), live: fork("queue-tokens") },
    note: NO_CODE,
  },
  {
    id: "ezETH",
    kind: "token",
    twin: "renzo",
    tests: { npm: NONE, recorded: NONE, double: adapter("Renzo"), live: fork("queue-tokens") },
    note: NO_CODE,
  },
  {
    id: "uniETH",
    kind: "token",
    twin: "bedrock",
    tests: { npm: NONE, recorded: NONE, double: adapter("Bedrock"), live: fork("queue-tokens") },
    note: NO_CODE,
  },
  {
    id: "rsETH",
    kind: "token",
    twin: "kelp",
    tests: { npm: NONE, recorded: NONE, double: adapter("Kelp"), live: fork("queue-tokens") },
    note: NO_CODE,
  },
  {
    id: "pufETH",
    kind: "token",
    twin: "puffer",
    tests: { npm: NONE, recorded: NONE, double: adapter("Puffer"), live: NONE },
  },
  {
    id: "pendle-lp",
    kind: "addition",
    twin: "pendle-lp",
    tests: { npm: adapter("PendleLp"), recorded: NONE, double: NONE, live: NONE },
    note: "The market's liquidity beside its PT; PENDLE that accrues is not counted and not sold.",
  },
];

const UNTESTED: VenueTests = { npm: NONE, recorded: NONE, double: NONE, live: NONE };

/** Every venue with the files that serve it. */
export function venues(): readonly Venue[] {
  return VENUE_ENTRIES.map(({ id, kind, twin, tests }) =>
    isProtocolId(twin)
      ? {
          id,
          kind,
          adapter: `contracts/adapters/${protocolOf(twin).adapterContract}.sol`,
          twin: `keeper/protocols/${twin}.ts`,
          tests,
        }
      : { id, kind, adapter: null, twin: null, tests: UNTESTED },
  );
}
