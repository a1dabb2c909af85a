/** Asking the gateway for a collection's answers, batch after batch. */

const SMALLEST = 64; // beats of a batch
const LARGEST = 1024; // they are cut in the page, and what a batch leaves for the browser to clear away grows with it
const MOST_VALUES = 2 ** 20; // of a batch: 4 MiB as float32
const SOON = 400; // milliseconds; batches grow while they are answered within it ...
const LATE = 1500; // ... and shrink beyond this
/** @type {Record<number, number>} by status, how few beats are still too many: the gateway takes few, or the model is slow */
const TOO_MANY = { 413: 1, 504: SMALLEST };

/**
 * Request the missing answers; `told()` is called after each batch. Stops at the first failure, which it throws,
 * or when `signal` says so; what was answered stays.
 *
 * @param {import("../beats/collection.js").Collection} collection
 * @param {import("./client.js").Client} client
 * @param {AbortSignal} signal
 * @param {() => void} told
 */
export async function predictAll(collection, client, signal, told) {
  const { selected, waiting } = collection;
  const ask = async (/** @type {import("../beats/beat.js").Beat[]} */ batch) => {
    collection.take(batch, await client.predict(batch, signal));
    told();
  };
  // the selected beat comes first, so that it need not wait for a batch
  if (selected && !selected.answer) await ask([selected]);
  const rest = waiting.filter(({ answer }) => !answer);
  let size = 4 * SMALLEST;
  for (let start = 0; start < rest.length; ) {
    const many = Math.max(1, Math.min(size, Math.floor(MOST_VALUES / rest[start].columns.width)));
    const began = performance.now();
    try {
      await ask(rest.slice(start, start + many));
      start += many;
      size = sizeAfter(size, performance.now() - began);
    } catch (failure) {
      const { status = 0 } = /** @type {import("./failure.js").Failure} */ (failure);
      if (!(many > TOO_MANY[status])) throw failure;
      size = Math.ceil(many / 2);
    }
  }
}

/**
 * A number of beats that is answered soon, so that the page shows progress.
 *
 * @param {number} size
 * @param {number} took milliseconds
 */
function sizeAfter(size, took) {
  if (took < SOON) return Math.min(2 * size, LARGEST);
  return took > LATE ? Math.max(size / 2, SMALLEST) : size;
}
