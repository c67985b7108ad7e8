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
  /** False where nothing on chain has confirmed the address: recorded state has no code there. Absent means confirmed. */
  readonly confirmed?: false;
  readonly identity?: { readonly call: "symbol" | "description"; readonly answer: string };
}

export const MAINNET_CHAIN_ID = 1;

const LIDO = "github.com/lidofinance/core, deployed-mainnet.json";
/** Not read at the publisher: agreed on by many independent public repositories, and checked against each other on chain. */
const AGREED = "independent public repositories; answers checked on recorded mainnet state";
const STADER = "github.com/stader-labs/ethx, README";
const KELP = "github.com/Kelp-DAO/LRT-rsETH, README";
const BEDROCK = "github.com/Bedrock-Technology/stake, README";
/** As above, but nothing at hand shows the chain's own answer. */
const MENTIONED = "independent public repositories; no chain state at hand to check it";
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
    confirmed: false,
  },
  swEth: {
    address: address("0xf951E335afb289353dc249e82926178EaC7DEd78"),
    purpose: "Swell: the token SwellAdapter holds, staking",
    source: AGREED,
    identity: { call: "symbol", answer: "swETH" },
  },
  swExit: {
    address: address("0x48C11b86807627AF70a34662D4865cF854251663"),
    purpose: "Swell: exits of swETH",
    source: MENTIONED,
    confirmed: false,
    identity: { call: "symbol", answer: "swEXIT" },
  },
  rswEth: {
    address: address("0xFAe103DC9cf190eD75350761e95403b7b8aFa6c0"),
    purpose: "Swell: the restaking token SwellAdapter holds, staking",
    source: AGREED,
    identity: { call: "symbol", answer: "rswETH" },
  },
  rswExit: {
    address: address("0x58749C46Ffe97e4d79508a2C781C440f4756f064"),
    purpose: "Swell: exits of rswETH",
    source: MENTIONED,
    confirmed: false,
    identity: { call: "symbol", answer: "rswEXIT" },
  },
  ethX: {
    address: address("0xA35b1B31Ce002FBF2058D22F30f95D405200A15b"),
    purpose: "Stader: the token StaderAdapter holds",
    source: STADER,
    confirmed: false,
    identity: { call: "symbol", answer: "ETHx" },
  },
  staderStakePoolsManager: {
    address: address("0xcf5EA1b38380f6aF39068375516Daf40Ed70D299"),
    purpose: "Stader: staking; names its configuration, ETHx and the withdrawal manager",
    source: STADER,
    confirmed: false,
  },
  staderUserWithdrawalManager: {
    address: address("0x9F0491B32DBce587c50c4C43AB303b06478193A7"),
    purpose: "Stader: exits",
    source: STADER,
    confirmed: false,
  },
  rsEth: {
    address: address("0xA1290d69c65A6Fe4DF752f95823fae25cB99e5A7"),
    purpose: "Kelp: the token KelpAdapter holds",
    source: KELP,
    identity: { call: "symbol", answer: "rsETH" },
  },
  kelpDepositPool: {
    address: address("0x036676389e48133B63a802f8635AD39E752D375D"),
    purpose: "Kelp: staking; names its configuration and rsETH",
    source: KELP,
    confirmed: false,
  },
  kelpWithdrawalManager: {
    address: address("0x62De59c08eB5dAE4b7E6F7a8cAd3006d6965ec16"),
    purpose: "Kelp: exits",
    source: KELP,
    confirmed: false,
  },
  ezEth: {
    address: address("0xbf5495Efe5DB9ce00f80364C8B423567e58d2110"),
    purpose: "Renzo: the token RenzoAdapter holds",
    source: AGREED,
    identity: { call: "symbol", answer: "ezETH" },
  },
  renzoRestakeManager: {
    address: address("0x74a09653A083691711cF8215a6ab074BB4e99ef5"),
    purpose: "Renzo: staking and the value of the protocol",
    source: AGREED,
  },
  renzoWithdrawQueue: {
    address: address("0x5efc9D10E42FB517456f4ac41EB5e2eBe42C8918"),
    purpose: "Renzo: exits",
    source: MENTIONED,
    confirmed: false,
  },
  feedEzEthEth: {
    address: address("0x636A000262F6aA9e1F094ABF0aD8f645C44f641C"),
    purpose: "Chainlink: market price of ezETH",
    source: AGREED,
    identity: { call: "description", answer: "ezETH / ETH" },
  },
  uniEth: {
    address: address("0xF1376bceF0f78459C0Ed0ba5ddce976F1ddF51F4"),
    purpose: "Bedrock: the token BedrockAdapter holds",
    source: BEDROCK,
    confirmed: false,
    identity: { call: "symbol", answer: "uniETH" },
  },
  bedrockStaking: {
    address: address("0x4beFa2aA9c305238AA3E0b5D17eB20C045269E9d"),
    purpose: "Bedrock: staking, instant swap, debt queue; names uniETH and the redeem contract",
    source: BEDROCK,
    confirmed: false,
  },
  bedrockRedeem: {
    address: address("0x98169228cB99Ed26c1043eD8Ca53A5Cb371D3B8D"),
    purpose: "Bedrock: holds what debts were paid",
    source: BEDROCK,
    confirmed: false,
  },
  feedRsEthEth: {
    address: address("0x03c68933f7a3F76875C0bc670a58e69294cDFD01"),
    purpose: "Chainlink: market price of rsETH",
    source: AGREED,
    identity: { call: "description", answer: "rsETH / ETH" },
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
