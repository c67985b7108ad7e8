import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

/** Compilers come from npm, so that a build needs no other download. */
const optimized = (version: string, soljson: string, evmVersion: string, runs: number) => ({
  version,
  path: require.resolve(soljson),
  settings: { optimizer: { enabled: true, runs }, evmVersion },
});

/** Hardhat's seed is one and the same every night; any text in FUZZ_SEED draws other cases, the same text the same ones. */
const { FUZZ_SEED } = process.env;
const drawn = FUZZ_SEED ? { seed: `0x${createHash("sha256").update(FUZZ_SEED).digest("hex")}` } : {};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: {
    // In one job with the contracts they are more than the compiler, which runs in WebAssembly, can hold.
    splitTestsCompilation: true,
    compilers: [
      optimized("0.8.28", "solc/soljson.js", "cancun", 200),
      // Chainlink's EACAggregatorProxy, the genuine proxy that mainnet feeds stand behind.
      optimized("0.6.6", "solc-0.6.6/soljson.js", "istanbul", 1_000_000),
    ],
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator.sol",
      "@chainlink/contracts-0.8/src/v0.6/EACAggregatorProxy.sol",
    ],
  },
  paths: {
    sources: ["contracts", "test/doubles"],
    tests: { solidity: "test/contracts", mocha: "test" },
    ignition: "deploy",
  },
  test: {
    solidity: {
      profiles: {
        // A few seconds on every change; an act that reverts where it should not fails the campaign.
        default: { fuzz: { runs: 256 }, invariant: { runs: 16, depth: 100, failOnRevert: true } },
        // `npm run test:nightly`.
        nightly: { fuzz: { runs: 5_000, ...drawn }, invariant: { runs: 256, depth: 500, failOnRevert: true } },
      },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", chainId: 31337 },
    // Read only when this network is chosen: `--network mainnet`.
    mainnet: {
      type: "http",
      chainType: "l1",
      chainId: 1,
      url: configVariable("MAINNET_RPC_URL"),
      accounts: [configVariable("DEPLOYER_KEY")],
    },
  },
});
