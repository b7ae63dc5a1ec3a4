// A host of MCP Apps: the protocol's AppBridge and the TypeScript SDK's client, against a real server.
import { AppBridge, getToolUiResourceUri, PostMessageTransport, RESOURCE_MIME_TYPE } from "@modelcontextprotocol/ext-apps/app-bridge";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const frame = document.querySelector("iframe");
let client;
let bridge;

/** What the server asked the person, form by form. */
window.forms = [];

/** Connects in an era ("legacy" or "auto"); a person who fills in every form so is there when `filled` is not null. */
async function connect(era, filled) {
  const extensions = { "io.modelcontextprotocol/ui": { mimeTypes: [RESOURCE_MIME_TYPE] } };
  const capabilities = filled ? { extensions, elicitation: { form: {} } } : { extensions };
  client = new Client({ name: "test-host", version: "1" }, { capabilities, versionNegotiation: { mode: era } });
  if (filled) {
    client.setRequestHandler("elicitation/create", ({ params }) => {
      window.forms.push(params.message);
      return { action: "accept", content: filled };
    });
  }
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", location)));
}

/** Calls a tool as a model would, and shows its page; resolves with the model's answer once the page has been told. */
window.showTool = async (name, args, hostContext, hostCapabilities, era, filled) => {
  if (!client) await connect(era, filled);
  const { tools } = await client.listTools();
  const uri = getToolUiResourceUri(tools.find((tool) => tool.name === name));
  const { contents } = await client.readResource({ uri });
  await window.keepPage(contents[0].text, contents[0].mimeType, contents[0]._meta.ui);
  bridge = new AppBridge(client, { name: "test-host", version: "1" }, hostCapabilities, { hostContext });
  bridge.onsizechange = ({ height }) => {
    if (height) frame.style.height = `${height}px`;
  };
  const told = new Promise((resolve, reject) => {
    bridge.oninitialized = async () => {
      try {
        await bridge.sendToolInput({ arguments: args });
        const result = await client.callTool({ name, arguments: args });
        await bridge.sendToolResult(result);
        resolve(result);
      } catch (error) {
        reject(error);
      }
    };
  });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = "http://view.test/page.html";
  return told;
};
window.changeContext = (context) => bridge.setHostContext(context);
window.askServer = (name, args) => client.callTool({ name, arguments: args });
