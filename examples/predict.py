"""Ask a gateway about a batch of beats: python examples/predict.py [URL]."""

import os
import sys

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry


def main() -> None:
    """Predict the beats that came with the model, and compare the answers with their labels."""
    url = (sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5000").rstrip("/")
    with session(os.environ.get("ECG_API_KEY")) as gateway:
        examples = answered(gateway.get(f"{url}/examples", timeout=30))["examples"]
        if not examples:
            sys.exit("The served model came without beats")
        # float32 bytes, beat after beat: several times as fast as JSON for large batches
        beats = np.array([example["features"] for example in examples], "<f4")
        response = gateway.post(
            f"{url}/predict",
            params={"details": "true"},
            data=beats.tobytes(),
            headers={"Content-Type": "application/octet-stream"},
            timeout=30,
        )
        predictions = answered(response)["predictions"]
    print(f"Model version {response.headers['X-Model-Version']}")
    for example, prediction in zip(examples, predictions, strict=True):
        doubt = " (unlike the beats of the training)" if prediction["unusual"] else ""
        print(
            f"label {example['label']}: class {prediction['predicted_class']}, "
            f"probability {prediction['probability']:.3f}{doubt}"
        )


def session(key: str | None) -> requests.Session:
    """Return a session that sends the API key and repeats what failed for a moment only."""
    session = requests.Session()
    session.trust_env = False  # no proxy between this program and the gateway
    if key:
        session.headers["Authorization"] = f"Bearer {key}"
    retry = Retry(total=5, backoff_factor=0.2, status_forcelist=[429, 503], allowed_methods=None, raise_on_status=False)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.mount("https://", HTTPAdapter(max_retries=retry))
    return session


def answered(response: requests.Response) -> dict[str, list[dict[str, float]]]:
    """Return the answer; end the program with the gateway's sentence if it is an error."""
    content: dict[str, list[dict[str, float]]] = response.json()
    if not response.ok:
        sys.exit(f"The gateway answers {response.status_code}: {response.json()['error']['message']}")
    return content


if __name__ == "__main__":
    main()
