"""`helm test`: the beats that were stored with the served version must come back with the recorded answers."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

OPENER = build_opener(ProxyHandler({}))  # a proxy of the environment is for the world outside
TOLERANCE = 1e-4


def ask(url: str, body: object = None) -> tuple[dict[str, Any], str]:
    """Return the answer and the version that made it; a refusal ends the test with its reason."""
    content = None if body is None else json.dumps(body).encode()
    try:
        with OPENER.open(Request(url, content, {"Content-Type": "application/json"}), timeout=30) as answer:
            return json.load(answer), answer.headers["X-Model-Version"]
    except HTTPError as error:
        sys.exit(f"{url} answers {error.code}: {error.read().decode()}")


def main(gateway: str, base: str) -> None:
    """Ask for all known beats in one request and compare class, probability and version."""
    _, version = ask(f"{gateway}/model")
    path = Path(base, version, "assets.extra", "beats.json")
    if not path.exists():
        sys.exit(f"{path} is not there: version {version} was not made by this project's training")
    beats = json.loads(path.read_text())
    answer, answered = ask(f"{gateway}/predict", {"instances": [beat["features"] for beat in beats]})
    if answered != version:
        sys.exit(f"version {version} was asked and version {answered} answered; a rollout is going on, try again")
    for beat, got in zip(beats, answer["predictions"], strict=True):
        print(f"version {version}, class {beat['label']}: {got}")
        if got["predicted_class"] != beat["predicted_class"]:
            sys.exit(f"class {beat['predicted_class']} was recorded")
        if abs(got["probability"] - beat["probability"]) > TOLERANCE:
            sys.exit(f"probability {beat['probability']} was recorded")


if __name__ == "__main__":
    main(*sys.argv[1:])
