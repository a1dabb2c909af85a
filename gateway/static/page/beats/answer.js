/** A model's answers to beats. The answers of a batch are stored in columns: 100,000 objects of numbers would take much memory. */

/**
 * @typedef {object} Prediction as the gateway writes it
 * @property {number} predicted_class
 * @property {number} probability
 * @property {Record<string, number>} [probabilities] by class label
 * @property {boolean} [abstain]
 * @property {boolean} [unusual]
 * @property {number} [unusual_score]
 */

export class Answers {
  /**
   * @param {Prediction[]} predictions at least one, all with the same keys
   * @param {string|null} version
   */
  constructor(predictions, version) {
    const [{ probabilities = null, unusual_score: score }] = predictions;
    this.version = version;
    const labels = probabilities && Object.keys(probabilities);
    this.labels = labels;
    this.predicted = predictions.map(({ predicted_class: label }) => String(label));
    this.probability = Float64Array.from(predictions, ({ probability }) => probability);
    this.probabilities = probabilitiesOf(predictions, labels ?? []);
    this.score = score === undefined ? null : Float64Array.from(predictions, (each) => each.unusual_score ?? NaN);
    this.abstain = predictions.map(({ abstain }) => abstain ?? null);
    this.unusual = predictions.map(({ unusual }) => unusual ?? null);
  }

  /** One for each beat. */
  get all() {
    return this.predicted.map((_, place) => new Answer(this, place));
  }
}

/**
 * Prediction after prediction, without an array for each.
 *
 * @param {Prediction[]} predictions
 * @param {string[]} labels
 */
function probabilitiesOf(predictions, labels) {
  const all = new Float64Array(predictions.length * labels.length);
  predictions.forEach(({ probabilities }, place) => {
    for (let at = 0; at < labels.length; at += 1) all[place * labels.length + at] = probabilities?.[labels[at]] ?? NaN;
  });
  return all;
}

/** `abstain`, `unusual` and `unusualScore` are null if the model does not have them, like `probabilities`. */
export class Answer {
  /**
   * @param {Answers} answers
   * @param {number} place among them
   */
  constructor(answers, place) {
    this.answers = answers;
    this.place = place;
  }

  get predicted() {
    return this.answers.predicted[this.place];
  }

  get probability() {
    return this.answers.probability[this.place];
  }

  /** @returns {Record<string, number>|null} by class label */
  get probabilities() {
    const { labels, probabilities } = this.answers;
    return labels && Object.fromEntries(labels.map((label, at) => [label, probabilities[this.place * labels.length + at]]));
  }

  get abstain() {
    return this.answers.abstain[this.place];
  }

  get unusual() {
    return this.answers.unusual[this.place];
  }

  get unusualScore() {
    return this.answers.score && this.answers.score[this.place];
  }

  get version() {
    return this.answers.version;
  }
}
