/**
 * `npx hardhat ignition deploy deploy/modules/mainnet.ts --network mainnet`: the engine on mainnet, with the people of
 * deploy/parameters/mainnet.json (or the file that AMPLIFIED_PARAMETERS names).
 */
import { join } from "node:path";
import { mainnetPlan, readParameters } from "../plans/mainnet.ts";
import { selectorOf } from "../selectors.ts";
import { engineModule } from "./engine.ts";

const parameters = readParameters(
  process.env.AMPLIFIED_PARAMETERS ?? join(import.meta.dirname, "..", "parameters", "mainnet.json"),
);

export default engineModule(mainnetPlan(parameters), selectorOf, parameters.deployer);
