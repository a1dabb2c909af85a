// What the page's reader makes of files of annotations, and its match: requests come as JSON, their answers go out as JSON.
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { text } from "node:stream/consumers";

import { annotationsOf, match } from "../../gateway/static/recording/annotations.js";

const answers = [];
for (const { paths, record, rate, peaks, samples, reach } of JSON.parse(await text(process.stdin))) {
  if (peaks) {
    answers.push(Array.from(match(peaks, samples, reach)));
  } else {
    const files = await Promise.all(paths.map(async (path) => new File([await openAsBlob(path)], basename(path))));
    answers.push(await annotationsOf(files, record, rate));
  }
}
process.stdout.write(JSON.stringify(answers));
