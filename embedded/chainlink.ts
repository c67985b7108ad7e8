/**
 * Chainlink feeds: the genuine EACAggregatorProxy that mainnet readers see, over Chainlink's own MockV3Aggregator in
 * the place of the oracle network.
 */
import { ZeroAddress } from "ethers";
import type { Address } from "../keeper/kernel/units.ts";
import { MockV3Aggregator__factory } from "../types/ethers-contracts/factories/@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator__factory.ts";
import { EACAggregatorProxy__factory } from "../types/ethers-contracts/factories/@chainlink/contracts-0.8/src/v0.6/EACAggregatorProxy__factory.ts";
import { type Call, deploy, send } from "./block.ts";
import type { Chain } from "./chain.ts";

export interface FeedOptions {
  /** Decimals of the answer: 18 for ETH pairs, 8 for USD pairs. */
  readonly decimals: number;
  /** For example "STETH / ETH". Kept here: MockV3Aggregator's own description is a constant. */
  readonly description: string;
  readonly initialAnswer: bigint;
}

export interface Feed {
  readonly proxy: Address;
  readonly aggregator: Address;
  readonly decimals: number;
  readonly description: string;
  /** The call that publishes an answer observed at `time` (Unix seconds); to be mined in a block at or after `time`. */
  roundCall(answer: bigint, time: number): Call;
  /** Publishes in a block of its own, one slot later. */
  pushRound(answer: bigint, time: number): Promise<void>;
}

export async function createFeed(chain: Chain, operator: Address, options: FeedOptions): Promise<Feed> {
  const { decimals, description } = options;
  const aggregatorCode = await new MockV3Aggregator__factory().getDeployTransaction(decimals, options.initialAnswer);
  const aggregator = await deploy(chain, operator, `deploy the aggregator of ${description}`, aggregatorCode.data);
  // No access controller: anyone may read, as on mainnet.
  const proxyCode = await new EACAggregatorProxy__factory().getDeployTransaction(aggregator, ZeroAddress);
  const proxy = await deploy(chain, operator, `deploy the proxy of ${description}`, proxyCode.data);
  // The constructor published round 1.
  let round = 1n;
  const abi = MockV3Aggregator__factory.createInterface();
  const roundCall = (answer: bigint, time: number): Call => {
    round += 1n;
    const data = abi.encodeFunctionData("updateRoundData", [round, answer, time, time]);
    return { label: `publish ${description} = ${answer}`, from: operator, to: aggregator, data, gas: 300_000n };
  };
  return {
    proxy,
    aggregator,
    decimals,
    description,
    roundCall,
    pushRound: async (answer, time) => {
      await send(chain, roundCall(answer, time));
    },
  };
}
