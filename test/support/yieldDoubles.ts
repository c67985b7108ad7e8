/** The doubles of the yield vaults, each with a first holder and a rate above one; the first account drives them. */
import { MaxUint256 } from "ethers";
import { accountAt, type Deployer } from "./deployer.ts";
import { ETHER } from "./units.ts";

const FIRST_DEPOSIT = 1_000n * ETHER;
/** Divides nothing evenly. */
const RATE = 1_051_234_567_890_123_457n;

/** Addresses of a Yearn vault that keeps nothing idle, a Cellar and a Beefy vault over `weth`. */
export async function deployYieldDoubles(deployer: Deployer, weth: string) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const token = await ethers.getContractAt("IWETH9", weth);
  await token.deposit({ value: 5n * FIRST_DEPOSIT });

  const yearn = await ethers.deployContract("YearnV3VaultDouble", [weth, 10 * 86_400]);
  const yearnStrategy = await ethers.deployContract("YearnV3StrategyDouble", [weth]);
  await token.approve(yearn, MaxUint256);
  await yearn.deposit(FIRST_DEPOSIT, admin.address);
  await yearn.setRate(RATE);
  await yearn.add_strategy(yearnStrategy);
  /** Puts all that lies idle into the strategy, so that an exit has to take it out again. */
  const investYearn = async (): Promise<void> => {
    const { current_debt } = await yearn.strategies(yearnStrategy);
    await yearn.update_debt(yearnStrategy, current_debt + (await yearn.totalIdle()));
  };
  await investYearn();

  const cellar = await ethers.deployContract("CellarDouble", [weth, weth, ETHER]);
  await token.approve(cellar, MaxUint256);
  await cellar.deposit(FIRST_DEPOSIT, admin.address);
  await cellar.setRate(RATE);

  const beefy = await ethers.deployContract("BeefyVaultV7Double");
  const beefyStrategy = await ethers.deployContract("BeefyStrategyDouble", [beefy, weth]);
  await beefy.initialize(beefyStrategy);
  await token.approve(beefy, MaxUint256);
  await token.approve(beefyStrategy, MaxUint256);
  await beefy.deposit(FIRST_DEPOSIT);
  await beefyStrategy.setRate(RATE);

  return {
    investYearn,
    yearn: await yearn.getAddress(),
    sommelier: await cellar.getAddress(),
    beefy: await beefy.getAddress(),
    beefyStrategy: await beefyStrategy.getAddress(),
  };
}
