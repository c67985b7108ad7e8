/**
 * Ethereum mainnet: every address the project reads or writes there, with its purpose and where it was taken from.
 * test/fork/addresses.test.ts checks spelling, code and identity.
 */
import { type Address, address } from "../../keeper/kernel/units.ts";

export interface ChainEntry {
  readonly address: Address;
  readonly purpose: string;
  /** Where the address was read, so that anyone can check it there. */
  readonly source: string;
  /** False where nothing on chain has confirmed the address: recorded state has no code there. Absent means confirmed. */
  readonly confirmed?: false;
  /** What `symbol()` or, for a feed, `description()` must answer, letter case aside. */
  readonly identity?: { readonly call: "symbol" | "description"; readonly answer: string };
}

export const MAINNET_CHAIN_ID = 1;

const LIDO = "github.com/lidofinance/core, deployed-mainnet.json";
/** Not read at the publisher: agreed on by many independent public repositories, and checked against each other on chain. */
const AGREED = "independent public repositories; answers checked on recorded mainnet state";
/** As AGREED, but absent from the recorded state: nothing on chain has confirmed it yet. */
const AGREED_ONLY = "independent public repositories; not in the recorded mainnet state";
const CURVE = "github.com/curvefi/curve-contract, contracts/pools/steth/pooldata.json";
const PENDLE = "npm @pendle/core-v2 6.11.0, deployments/1-core.json";
const ETHER_FI = "github.com/etherfi-protocol/smart-contracts, README";

export const MAINNET = {
  weth: {
    address: address("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
    purpose: "The vault's asset",
    source: "npm canonical-weth, networks.json",
    identity: { call: "symbol", answer: "WETH" },
  },
  stEth: {
    address: address("0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84"),
    purpose: "Lido: staking, stake limit",
    source: LIDO,
    identity: { call: "symbol", answer: "stETH" },
  },
  wstEth: {
    address: address("0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0"),
    purpose: "Lido: the token LidoAdapter holds",
    source: LIDO,
    identity: { call: "symbol", answer: "wstETH" },
  },
  lidoWithdrawalQueue: {
    address: address("0x889edC2eDab5f40e902b864aD4d7AdE8E412F9B1"),
    purpose: "Lido: exits",
    source: LIDO,
    identity: { call: "symbol", answer: "unstETH" },
  },
  aavePool: {
    address: address("0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2"),
    purpose: "Aave v3: supply and withdraw",
    source: AGREED,
  },
  aaveWeth: {
    address: address("0x4d5F47FA6A74757f35C14fD3a6Ef8E3C9BC514E8"),
    purpose: "Aave v3: the aToken of WETH",
    source: AGREED,
    identity: { call: "symbol", answer: "aEthWETH" },
  },
  etherFiLiquidityPool: {
    address: address("0x308861A430be4cce5502d0A12724771Fc6DaF216"),
    purpose: "ether.fi: staking and requests",
    source: ETHER_FI,
  },
  eEth: {
    address: address("0x35fA164735182de50811E8e2E824cFb9B6118ac2"),
    purpose: "ether.fi: rebasing token",
    source: ETHER_FI,
    identity: { call: "symbol", answer: "eETH" },
  },
  weEth: {
    address: address("0xCd5fE23C85820F7B72D0926FC9b05b43E359b7ee"),
    purpose: "ether.fi: the token EtherFiAdapter holds",
    source: ETHER_FI,
    identity: { call: "symbol", answer: "weETH" },
  },
  etherFiWithdrawRequests: {
    address: address("0x7d5706f6ef3F89B3951E23e557CDFBC3239D4E2c"),
    purpose: "ether.fi: exit requests",
    source: ETHER_FI,
  },
  uniswapV3PositionManager: {
    address: address("0xC36442b4a4522E871399CD717aBDD847Ab11FE88"),
    purpose: "Uniswap v3: mints, changes and collects positions",
    source: AGREED,
    identity: { call: "symbol", answer: "UNI-V3-POS" },
  },
  uniswapV3WstEthWeth: {
    address: address("0x109830a1AAaD605BbF02a9dFA7B0B92EC2FB7dAa"),
    purpose: "Uniswap v3: the wstETH/WETH pool of 1 bp",
    source: AGREED,
  },
  uniswapV4PositionManager: {
    address: address("0xbD216513d74C8cf14cf4747E6AaA6420FF64ee9e"),
    purpose: "Uniswap v4: mints, changes and empties positions; names PoolManager and Permit2 itself",
    source: AGREED_ONLY,
    confirmed: false,
  },
  uniswapV4StateView: {
    address: address("0x7fFE42C4a5DEeA5b0feC41C94C136Cf115597227"),
    purpose: "Uniswap v4: reads pools and positions",
    source: AGREED_ONLY,
    confirmed: false,
  },
  curveStEthPool: {
    address: address("0xDC24316b9AE028F1497c275EB9192a3Ea0f67022"),
    purpose: "Curve: the stETH/ETH pool of the old family",
    source: CURVE,
  },
  curveStEthLp: {
    address: address("0x06325440D014e39736583c165C2963BA99fAf14E"),
    purpose: "Curve: LP token of the stETH/ETH pool",
    source: CURVE,
    identity: { call: "symbol", answer: "steCRV" },
  },
  pendleRouter: {
    address: address("0x888888888889758F76e7103c6CbF23ABbF58F946"),
    purpose: "Pendle: buys PT",
    source: PENDLE,
    confirmed: false,
  },
  pendlePtOracle: {
    address: address("0x5542be50420E88dd7D5B4a3D488FA6ED82F6DAc2"),
    purpose: "Pendle: time-weighted rate of PT",
    source: PENDLE,
    confirmed: false,
  },
  feedEthUsd: {
    address: address("0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"),
    purpose: "Chainlink: ETH in USD, for reports",
    source: AGREED,
    identity: { call: "description", answer: "ETH / USD" },
  },
  feedStEthEth: {
    address: address("0x86392dC19c0b719886221c78AB11eb8Cf5c52812"),
    purpose: "Chainlink: market price of stETH",
    source: AGREED,
    identity: { call: "description", answer: "STETH / ETH" },
  },
  feedWeEthEth: {
    address: address("0x5c9C449BbC9a6075A2c061dF312a35fd1E05fF22"),
    purpose: "Chainlink: market price of weETH",
    source: AGREED,
    identity: { call: "description", answer: "weETH / ETH" },
  },
} as const satisfies Readonly<Record<string, ChainEntry>>;
