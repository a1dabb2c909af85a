/** Asking the gateway for a collection's answers, batch after batch. */

export const BATCH = 256;

/**
 * Ask for what has no answer yet; `told()` is called after each batch. Stops at the first failure, which it throws,
 * or when `signal` says so; what was answered stays.
 */
export async function predictAll(collection, client, signal, told) {
  // the beat that is looked at comes first, so that it need not wait for a batch
  const waiting = collection.waiting;
  const first = collection.selected && !collection.selected.answer ? [collection.selected] : [];
  const rest = waiting.filter((beat) => beat !== first[0]);
  const batches = [first, ...chunks(rest)].filter((batch) => batch.length);
  for (const batch of batches) {
    const answers = await client.predict(batch, signal);
    batch.forEach((beat, place) => {
      beat.answer = answers[place];
    });
    collection.changed();
    told();
  }
}

function chunks(beats) {
  return Array.from({ length: Math.ceil(beats.length / BATCH) }, (_, i) => beats.slice(i * BATCH, (i + 1) * BATCH));
}
