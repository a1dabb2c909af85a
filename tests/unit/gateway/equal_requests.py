"""Requests for the same prediction that take different paths: the fast path, whole or in parts, and Flask."""

import json
from typing import Any

from tests.support.gateway.gateway_client import Answer, Client

BEAT = {"features": [0.12345, 0, 0]}
JSON = "application/json"
# options that do not change the prediction; a query makes Flask answer
UNUSUAL_REQUESTS: dict[str, dict[str, Any]] = {
    "query": {"query": "?probabilities=false"},
    "charset": {"content_type": f"{JSON}; charset=utf-8"},
    "chunked": {"chunks": 3},
}
EQUAL_REQUESTS: dict[str, dict[str, Any]] = {"usual": {}, **UNUSUAL_REQUESTS}


def predict(
    client: Client, content: Any, *, query: str = "", content_type: str | None = JSON, **options: Any
) -> Answer:
    """Post a body, as it is or as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"/predict{query}", data=body, content_type=content_type, **options)
