"""The one shape of the gateway's errors, checked in one place."""

from typing import Any


def assert_error(response: Any, status: int, code: str, saying: str = "", **where: object) -> None:
    """Hold a response of Flask's test client, or of a real one, to the shape that README.md promises."""
    assert response.status_code == status
    content = response.json
    assert set(content) == {"error"}
    error = dict(content["error"])
    assert error.pop("code") == code
    assert saying in error.pop("message")
    assert error.pop("request_id") == response.headers["X-Request-ID"]
    assert error == where
    assert ("Retry-After" in response.headers) == (status in (429, 503))
