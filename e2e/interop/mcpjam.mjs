// Runs MCPJam's checks against a URL and prints them as one line of JSON. In a
// process of its own, because the package is made to report its use.
import { MCPConformanceTest } from '@mcpjam/sdk';

const { checks } = await new MCPConformanceTest({ serverUrl: process.argv[2] }).run();
console.log(JSON.stringify(checks));
process.exit();
