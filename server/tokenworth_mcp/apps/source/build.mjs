// Makes the one file of all pages: script and style inside, and a policy that lets in nothing else.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const BYTES_MAX = 350_000;
const folder = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const into = join(folder, process.argv[2] ?? "../built");

const { outputFiles, metafile } = await build({
  absWorkingDir: folder,
  entryPoints: ["src/main.js", "src/page.css"],
  outdir: "out",
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
});
const [script, style] = ["js", "css"].map((kind) => outputFiles.find((file) => file.path.endsWith(kind)).text.trim());
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const packages = new Set(Object.keys(metafile.inputs).flatMap((file) => file.match(/node_modules\/([^/]+)/)?.[1] ?? []));
const notice = [...packages]
  .sort()
  .map((name) => `${name}: ${readFileSync(join(folder, "node_modules", name, "LICENSE"), "utf8").trim()}`)
  .join("\n\n");
const page = readFileSync(join(folder, "src/page.html"), "utf8")
  .replace("{{policy}}", () => policy)
  .replace("{{notice}}", () => notice)
  .replace("{{style}}", () => style)
  .replace("{{script}}", () => script);
if (Buffer.byteLength(page) > BYTES_MAX) throw new Error(`${Buffer.byteLength(page)} bytes: more than ${BYTES_MAX}`);
if (script.includes("</script") || style.includes("</style")) throw new Error("the page would end early");
mkdirSync(into, { recursive: true });
writeFileSync(join(into, "page.html"), page);
console.log(`page.html: ${Buffer.byteLength(page).toLocaleString("en")} bytes`);
