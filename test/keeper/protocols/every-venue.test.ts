/** The fixture of all venues: a venue that cannot be deployed leaves nothing behind that keeps the process alive. */
import { expect } from "chai";
import { deployEveryVenue } from "../../support/everyVenue.ts";
import type { Engine } from "../support/engine.ts";

describe("the fixture of all venues", () => {
  it("closes its server and client where a venue fails, and says why", async () => {
    let opened: Engine | undefined;
    const failure = new Error("a venue cannot be deployed");
    const failing = deployEveryVenue(async (engine) => {
      opened = engine;
      expect(await engine.client.request("eth_chainId", [])).to.be.a("string");
      throw failure;
    });
    expect(await failing.catch((error: unknown) => error)).to.equal(failure);
    const { server, client } = opened ?? expect.fail("no engine was deployed");
    const answered = await fetch(server.url, { method: "POST", body: "[]" }).then(
      () => true,
      () => false,
    );
    expect(answered, "the server answers").to.equal(false);
    expect(client.provider.destroyed, "the client is open").to.equal(true);
  });
});
