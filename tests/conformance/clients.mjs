// Both generations of the TypeScript SDK as clients: `node clients.mjs v1|v2 ERA http URL | stdio COMMAND...`.
// Prints one JSON object of what it saw. Another client, plain JSON to OTHER_URL, charges the budget that is watched.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [generation, era, kind, target, ...rest] = process.argv.slice(2);
const { BUDGET, LONG_CALL, OTHER_URL, SERVER_PID } = process.env;
const tools = createRequire(join(process.env.NODE_PATH, "x"));
const load = (name) => import(pathToFileURL(tools.resolve(name)));
const CHANGED = "notifications/resources/updated";
const IDLE_MS = 1000;

const parts = {
  v1: async () => ({
    ...(await load("@modelcontextprotocol/sdk/client/index.js")),
    ...(await load("@modelcontextprotocol/sdk/client/stdio.js")),
    ...(await load("@modelcontextprotocol/sdk/client/streamableHttp.js")),
    ...(await load("@modelcontextprotocol/sdk/types.js")),
  }),
  v2: async () => ({
    ...(await load("@modelcontextprotocol/client")),
    ...(await load("@modelcontextprotocol/client/stdio")),
  }),
};
const { Client, StdioClientTransport, StreamableHTTPClientTransport, ResourceUpdatedNotificationSchema } =
  await parts[generation]();

const options = generation === "v2" ? { versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" } } : {};
const client = new Client({ name: `typescript-${generation}`, version: "1" }, options);
const transport =
  kind === "http"
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command: target, args: rest, stderr: "inherit", env: process.env });
await client.connect(transport);

const call = (name, args, more = {}) =>
  generation === "v1"
    ? client.callTool({ name, arguments: args }, undefined, more)
    : client.callTool({ name, arguments: args }, more);
const heard = [];
const long = JSON.parse(LONG_CALL);
const short = { ...long, draws: 1000 };

const seen = {
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  prompts: (await client.listPrompts()).prompts.map((prompt) => prompt.name),
  templates: (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate),
  called: (await call("explain_assumptions", { names: ["cut_hazard"] })).structuredContent.headline,
  refused: (await call("value_offer", { offer: { bass: 1 } })).isError,
  read: JSON.parse((await client.readResource({ uri: "tokenworth://prices/google/gemini-4-argon" })).contents[0].text).rows[0].model,
  prompted: (await client.getPrompt({ name: "am-i-locked-in", arguments: { situation: "here" } })).messages[0].role,
  completed: (
    await client.complete({
      ref: { type: "ref/prompt", name: "compare-my-offers" },
      argument: { name: "place", value: "germ" },
    })
  ).completion.values,
};
await call("compare_offers", short, { onprogress: (note) => heard.push(note.progress) });
seen.progress = heard.length > 0 && heard.every((share, place) => place === 0 || share > heard[place - 1]);

const uri = `tokenworth://budgets/${BUDGET}`;
const told = new Promise((resolve) => {
  client.setNotificationHandler(generation === "v1" ? ResourceUpdatedNotificationSchema : CHANGED, (note) =>
    resolve(note.params.uri),
  );
});
try {
  const watch = era === "modern" ? await client.listen({ resourceSubscriptions: [uri] }) : await client.subscribeResource({ uri });
  const charge = { name: "record_usage", arguments: { budget: BUDGET, usage: { usd: 0.5 }, key: BUDGET } };
  await fetch(OTHER_URL, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: charge }),
  });
  seen.told = await told;
  seen.spent = JSON.parse((await client.readResource({ uri })).contents[0].text).spent_usd;
  await (era === "modern" ? watch.close() : client.unsubscribeResource({ uri }));
} catch (error) {
  seen.told = error.code ?? String(error);
}

// The processor time, in ticks, that the server has used: what shows that a cancelled call is worked at no longer.
const used = () => {
  const fields = readFileSync(`/proc/${kind === "http" ? SERVER_PID : transport.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
};
const stop = new AbortController();
const began = used();
let first;
try {
  await call("compare_offers", long, {
    signal: stop.signal,
    onprogress: () => {
      first ??= used();
      stop.abort("no longer wanted");
    },
  });
  seen.cancelled = false;
} catch {
  seen.cancelled = true;
}
let last = -1;
while (last !== used()) {
  last = used();
  await sleep(IDLE_MS);
}
seen.used = { first: first - began, after: last - first };
seen.after = !(await call("explain_assumptions", {})).isError;
process.stdout.write(JSON.stringify(seen) + "\n");
await client.close();
