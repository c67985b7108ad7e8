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
  /** False where neither the publisher nor the chain was seen to confirm it: not to be deployed against unchecked. */
  readonly confirmed?: false;
  /** False where the recorded state has no code, so that only a fork can check it. */
  readonly recorded?: false;
  /** What `symbol()` or, for a feed, `description()` must answer, letter case aside. */
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
    confirmed: false,
  },
  etherFiRedemption: {
    address: address("0xDadEf1fFBFeaAB4f68A9fD181395F68b4e4E7Ae0"),
    purpose: "ether.fi: instant redemption for a fee",
    source: "github.com/etherfi-protocol/smart-contracts, deployment/deployed-contracts.json",
    recorded: false,
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
