import { expect } from "chai";
import { observe } from "../../../keeper/data/observe.ts";
import { DAY, deployEngine, type Engine, ETHER, mineDays } from "../support/engine.ts";

describe("observe: 30 venues over 365 days", () => {
  let engine: Engine;
  before(async function () {
    this.timeout(120_000);
    engine = await deployEngine(30, 365);
    await mineDays(engine, 366, 6);
  });
  after(() => engine.close());

  it("takes at most 20 HTTP requests, counted by client and server alike", async function () {
    this.timeout(240_000);
    const before = engine.server.requests.length;
    const snapshot = await observe(engine.client, engine.config);
    const served = engine.server.requests.slice(before);
    expect(served.length).to.equal(snapshot.httpRequests);
    expect(snapshot.httpRequests).to.be.at.most(20);
    expect(Math.max(...served.map((methods) => methods.length))).to.be.at.most(25);
    expect(snapshot.history).to.have.length(30);
    for (const { id, timestamps, rates } of snapshot.history) {
      expect(timestamps).to.have.length(366);
      // 2 % a year and 0.1 % more for each venue, by construction of the double.
      const first = Number(rates.at(0)) / 1e18;
      const last = Number(rates.at(-1)) / 1e18;
      const years = ((timestamps.at(-1) ?? 0) - (timestamps.at(0) ?? 0)) / (365 * DAY);
      expect(Math.abs((last - first) / years - (0.02 + id * 0.001)) < 1e-9, `venue ${id}`).to.equal(true);
    }
    expect(snapshot.vault.nav).to.equal(1_000n * ETHER);
    expect(snapshot.gas.timestamps.length).to.be.within(40, 60);
  });
});
