/** All fork suites under one name; a module is loaded once, so running the folder does not run them twice. */
import "./aave.test.ts";
import "./addresses.test.ts";
import "./chainlink.test.ts";
import "./etherfi.test.ts";
import "./lido.test.ts";
import "./queue-tokens.test.ts";
import "./swell.test.ts";
