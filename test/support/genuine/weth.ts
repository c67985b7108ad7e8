/** WETH9 from the package canonical-weth: the published source, another build than mainnet's (3,288 against 3,124 bytes). */
import type { Contract, Signer } from "ethers";
import { at, deployArtifact, readArtifact, send } from "./artifact.ts";

/** Deploys WETH9. */
export const deployWeth = (signer: Signer): Promise<Contract> =>
  deployArtifact(readArtifact("canonical-weth/build/contracts/WETH9.json"), signer);

/** A handle on a WETH9 that stands already. */
export const wethAt = (address: string, signer: Signer): Contract =>
  at(address, readArtifact("canonical-weth/build/contracts/WETH9.json").abi, signer);

/** Wraps `amount` wei of the contract runner's ETH. */
export const wrapEth = (weth: Contract, amount: bigint): Promise<void> => send(weth, "deposit", { value: amount });
