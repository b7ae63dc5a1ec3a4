// How many o200k tokens the text on stdin has, by a tokenizer that is nobody's here.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const { encode } = createRequire(join(process.env.NODE_PATH, "x"))("gpt-tokenizer/encoding/o200k_base");
process.stdout.write(String(encode(readFileSync(0, "utf8")).length));
