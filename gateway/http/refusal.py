"""The answer to a request that nobody works on, counted and logged as every answer is."""

import time
from collections.abc import Mapping

from gateway.errors import GatewayError
from gateway.http.asgi import Message, Send, answer, as_json
from gateway.http.error_responses import told
from gateway.telemetry.access_log import REQUEST_ID_HEADER, Journal, request_id, told_of


async def refuse(
    error: GatewayError, scope: Message, headers: Mapping[bytes, bytes], send: Send, journal: Journal
) -> None:
    """Answer with the error."""
    started, known = time.perf_counter(), id_of(headers)
    status, given, content = told(error, known)
    await answer(send, status, as_json(content), {REQUEST_ID_HEADER: known} | given)
    seconds = time.perf_counter() - started
    journal.failed(error.code, error.version)
    journal.answered(scope["method"], scope["path"], status, seconds, known, None, told_of(error))


def id_of(headers: Mapping[bytes, bytes]) -> str:
    """Give the request's id, its own or a new one."""
    return request_id(headers.get(b"x-request-id", b"").decode("latin1"))
