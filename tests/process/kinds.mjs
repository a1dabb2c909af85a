// What the page's modules call the files whose paths are given: a JSON list.
import { openAsBlob } from "node:fs";

import { kindOf } from "../../gateway/static/tables/kinds.js";

const kinds = await Promise.all(process.argv.slice(2).map(async (path) => kindOf(await openAsBlob(path))));
process.stdout.write(JSON.stringify(kinds));
