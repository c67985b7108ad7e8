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
  /** What `symbol()` or, for a feed, `description()` must answer, letter case aside. */
  readonly identity?: { readonly call: "symbol" | "description"; readonly answer: string };
  /** False while no source but others' mentions gives the address and no recorded state holds its code: check before use. */
  readonly confirmed?: false;
}

export const MAINNET_CHAIN_ID = 1;

const LIDO = "github.com/lidofinance/core, deployed-mainnet.json";
/** Not read at the publisher: agreed on by many independent public repositories, and checked against each other on chain. */
const AGREED = "independent public repositories; answers checked on recorded mainnet state";
/** As above, but neither recorded nor read at the publisher. */
const MENTIONED = "independent public repositories, not checked on chain";
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
  yearnV3Weth: {
    address: address("0xc56413869c6CDf96496f2b1eF801fEDBdFA7dDB0"),
    purpose: "Yearn v3: the WETH vault",
    source: MENTIONED,
    identity: { call: "symbol", answer: "yvWETH-1" },
    confirmed: false,
  },
  sommelierRealYieldEth: {
    address: address("0xb5b29320d2Dde5BA5BAFA1EbcD270052070483ec"),
    purpose: "Sommelier: the Cellar Real Yield ETH",
    source: MENTIONED,
    identity: { call: "symbol", answer: "YieldETH" },
    confirmed: false,
  },
  frxEth: {
    address: address("0x5E8422345238F34275888049021821E8E08CAa1f"),
    purpose: "Frax: the token minted for ETH",
    source: MENTIONED,
    identity: { call: "symbol", answer: "frxETH" },
    confirmed: false,
  },
  sfrxEth: {
    address: address("0xac3E018457B222d93114458476f3E3416Abbe38F"),
    purpose: "Frax: the token FraxAdapter holds",
    source: MENTIONED,
    identity: { call: "symbol", answer: "sfrxETH" },
    confirmed: false,
  },
  fraxEtherMinter: {
    address: address("0x7Bc6bad540453360F744666D625fec0ee1320cA3"),
    purpose: "Frax: minting, version 2",
    source: MENTIONED,
    confirmed: false,
  },
  fraxRedemptionQueue: {
    address: address("0xfDC69e6BE352BD5644C438302DE4E311AAD5565b"),
    purpose: "Frax: exits, version 2",
    source: MENTIONED,
    identity: { call: "symbol", answer: "FrxETHRedemptionTicketV2" },
    confirmed: false,
  },
  pufEth: {
    address: address("0xD9A442856C234a39a81a089C06451EBAa4306a72"),
    purpose: "Puffer: the token PufferAdapter holds",
    source: "github.com/PufferFinance/puffer-contracts, README; not checked on chain",
    identity: { call: "symbol", answer: "pufETH" },
    confirmed: false,
  },
  pufferWithdrawalManager: {
    address: address("0xDdA0483184E75a5579ef9635ED14BacCf9d50283"),
    purpose: "Puffer: exits",
    source: MENTIONED,
    confirmed: false,
  },
  arrakisFactory: {
    address: address("0x820FB8127a689327C863de8433278d6181123982"),
    purpose: "Arrakis: tells public vaults from private ones",
    source: "github.com/ArrakisFinance/arrakis-modular, README; not checked on chain",
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
