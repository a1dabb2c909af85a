// What the page's reader makes of files of annotations, and its match: requests come as JSON, their answers go out as JSON.
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { text } from "node:stream/consumers";

import { annotationsFor, annotationsOf, match } from "../../gateway/static/recording/annotations.js";

/**
 * @typedef {{paths: string[], record: string, rate?: number, lead?: string, peaks?: undefined}} Files `lead` is the lead that is shown
 * @typedef {{peaks: number[], samples: number[], reach: number}} Match
 */

/** @type {(Files | Match)[]} */
const requests = JSON.parse(await text(process.stdin));
const answers = [];
for (const request of requests) {
  if (request.peaks) {
    answers.push(Array.from(match(request.peaks, request.samples, request.reach)));
  } else {
    const files = await Promise.all(request.paths.map(async (path) => new File([await openAsBlob(path)], basename(path))));
    const { annotations, said } = await annotationsOf(files, request.record, request.rate);
    answers.push({ annotations: annotationsFor(annotations, request.lead ?? "ECG"), said });
  }
}
process.stdout.write(JSON.stringify(answers));
