/**
 * `npm run deploy:mainnet`, which runs `npx hardhat ignition deploy deploy/modules/mainnet.ts --network mainnet`: the engine on
 * mainnet, with the people of deploy/parameters/mainnet.json (or the file that AMPLIFIED_PARAMETERS names). An address that
 * nobody has confirmed is refused unless AMPLIFIED_CONFIRM_ADDRESS, the script's --confirm-address, names it.
 */
import { join } from "node:path";
import { CONFIRM_VARIABLE, confirmedNames, requireConfirmed } from "../chains/confirmed.ts";
import { MAINNET } from "../chains/mainnet.ts";
import { mainnetPlan, readParameters } from "../plans/mainnet.ts";
import { selectorOf } from "../selectors.ts";
import { engineModule } from "./engine.ts";

const parameters = readParameters(
  process.env.AMPLIFIED_PARAMETERS ?? join(import.meta.dirname, "..", "parameters", "mainnet.json"),
);

const plan = mainnetPlan(parameters);
requireConfirmed(plan.strategies, MAINNET, confirmedNames(process.env[CONFIRM_VARIABLE]));

export default engineModule(plan, selectorOf, parameters.deployer);
