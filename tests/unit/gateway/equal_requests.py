"""Ways to ask for the same prediction: by the fast path, alone or in parts, and by Flask."""

import json
from typing import Any

from tests.support.gateway.gateway_client import Answer, Client

BEAT = {"features": [0.12345, 0, 0]}
JSON = "application/json"
# each changes a request without changing what is asked; the query has Flask answer
OTHER_WAYS: dict[str, dict[str, Any]] = {
    "query": {"query": "?probabilities=false"},
    "charset": {"content_type": f"{JSON}; charset=utf-8"},
    "chunked": {"chunks": 3},
}
WAYS: dict[str, dict[str, Any]] = {"usual": {}, **OTHER_WAYS}


def predict(
    client: Client, content: Any, *, query: str = "", content_type: str | None = JSON, **options: Any
) -> Answer:
    """Post a body, as it is or as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"/predict{query}", data=body, content_type=content_type, **options)
