/** The gateway as the page sees it: every request is made here, and every failure becomes a sentence for people. */

const TRIES = 5;
const BUSY = [429, 503];
// While a candidate is tried, all of a file is answered by one version.
const CLIENT = `page-${Math.random().toString(36).slice(2)}`;

/** Something that did not work: `title` and `message` are for people. */
export class Failure extends Error {
  constructor(title, message, facts = {}) {
    super(message);
    this.title = title;
    Object.assign(this, facts);
  }
}

/** What is wrong where nothing answers. */
export function unreachable() {
  return new Failure("The gateway does not answer", "It may be down, or the network is. Nothing was lost: try again.");
}

/**
 * Asks the gateway, with `key.value` as the API key; `key.ask(message)` where the gateway wants another one.
 * `versionSeen(version)` is told which model version answered.
 */
export class Client {
  constructor(key, versionSeen) {
    this.key = key;
    this.versionSeen = versionSeen;
    this.lacks = new Set(); // what the served version was found not to have
  }

  /** What the served model says of itself. */
  async model() {
    const { content } = await this.ask("model");
    const signatures = content.signatures;
    this.lacks = new Set(signatures ? ["details", "explain"].filter((name) => !signatures.includes(name)) : []);
    return content;
  }

  /** The beats that came with the model, and its training mean if it tells. */
  async examples() {
    try {
      return (await this.ask("examples")).content;
    } catch (failure) {
      if (failure.status === 404 || failure.status === 501) return { examples: [], baseline: null };
      throw failure;
    }
  }

  /** One answer a beat; `abstain`, `unusual` and `unusualScore` are null where the model cannot tell. */
  async predict(beats, signal) {
    const instances = beats.map((beat) => Array.from(beat.features));
    const query = this.lacks.has("details") ? "probabilities=true" : "details=true";
    try {
      const { content, version } = await this.ask(`predict?${query}`, { content: { instances }, signal });
      return content.predictions.map((prediction) => answer(prediction, version));
    } catch (failure) {
      if (failure.status !== 501 || this.lacks.has("details")) throw failure;
      this.lacks.add("details");
      return this.predict(beats, signal);
    }
  }

  /** What each value of a beat contributed, or null where the model cannot tell. */
  async explain(beat, signal) {
    if (this.lacks.has("explain")) return null;
    try {
      const content = { features: Array.from(beat.features) };
      return (await this.ask("explain", { content, signal })).content;
    } catch (failure) {
      if (failure.status !== 501 && failure.status !== 404) throw failure;
      this.lacks.add("explain");
      return null;
    }
  }

  /** Send a request, again after a while if the gateway is busy; throw Failure. */
  async ask(path, { content, signal } = {}) {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.send(path, content, signal);
      if (response.ok) return this.read(response);
      const failure = await failureOf(response);
      if (response.status === 401) {
        await this.key.ask(failure.message);
      } else if (content && BUSY.includes(response.status) && attempt < TRIES) {
        await pause(Number(response.headers.get("Retry-After") ?? 1) * attempt, signal);
      } else {
        throw failure;
      }
    }
  }

  async send(path, content, signal) {
    const headers = { Accept: "application/json", "X-Client-ID": CLIENT };
    if (this.key.value) headers["X-API-Key"] = this.key.value;
    if (content) headers["Content-Type"] = "application/json";
    const body = content ? JSON.stringify(content) : undefined;
    try {
      return await fetch(path, { method: content ? "POST" : "GET", headers, body, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw unreachable();
    }
  }

  async read(response) {
    const version = response.headers.get("X-Model-Version");
    if (version) this.versionSeen(version);
    return { content: await response.json(), version };
  }
}

function answer(prediction, version) {
  return {
    predicted: String(prediction.predicted_class),
    probability: prediction.probability,
    probabilities: prediction.probabilities ?? null,
    abstain: prediction.abstain ?? null,
    unusual: prediction.unusual ?? null,
    unusualScore: prediction.unusual_score ?? null,
    version,
  };
}

const TITLES = {
  401: "This gateway wants an API key",
  413: "That is too much for this gateway",
  429: "Too many requests",
  503: "The model is not ready",
  504: "The model took too long",
};

async function failureOf(response) {
  const told = await response.json().then((content) => content.error ?? {}, () => ({}));
  const title = TITLES[response.status] ?? (response.status < 500 ? "The gateway did not take that" : "The gateway failed");
  const message = told.message ?? `It answered with the status ${response.status} and gave no reason.`;
  return new Failure(title, message, { status: response.status, code: told.code, requestId: told.request_id });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(seconds, 10) * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
