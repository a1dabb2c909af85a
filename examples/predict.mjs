// Ask a gateway about the beats that came with its model: node examples/predict.mjs [URL]
const url = (process.argv[2] ?? "http://127.0.0.1:5000").replace(/\/$/, "");
const key = process.env.ECG_API_KEY;
const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };

/** The gateway's answer as an object; its sentence as an error where it refuses. */
async function ask(path, content) {
  const body = content && JSON.stringify(content);
  const method = body ? "POST" : "GET";
  const response = await fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(30_000) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`the gateway answers ${response.status}: ${answer.error.message}`);
  return answer;
}

try {
  const { examples } = await ask("/examples");
  if (examples.length === 0) throw new Error("the served model came without beats");
  const instances = examples.map((example) => example.features);
  const { predictions } = await ask("/predict?details=true", { instances });
  predictions.forEach((prediction, index) => {
    const { predicted_class: predicted, probability, unusual } = prediction;
    const doubt = unusual ? " (unlike the beats of the training)" : "";
    console.log(`label ${examples[index].label}: class ${predicted}, probability ${probability.toFixed(3)}${doubt}`);
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
