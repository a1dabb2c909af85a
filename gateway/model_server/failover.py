"""Ways to the model servers: which of the pool's connections a call takes, and what is done when its pods are gone."""

from collections.abc import Callable
from typing import Any, Final

import grpc
from grpc import StatusCode

from gateway.errors import ModelNotReady, VersionNotFound
from gateway.model_server.connection import Connection, Method
from gateway.model_server.discovery import Pool

_GONE: Final = {StatusCode.UNAVAILABLE, StatusCode.NOT_FOUND}


class Way:
    """Calls on what `choose` gives, or in the end on `last`; those for a version go where the pool has seen it."""

    def __init__(self, pool: Pool, choose: Callable[[], Connection], last: Connection | None = None) -> None:
        self._pool = pool
        self._choose = choose
        self._last = last

    def call(self, method: Method, request: object, version: int | None = None) -> Any:
        """Return the answer; raise grpc.RpcError, or what `choose` raises."""
        if version is None:
            return self._call(self._choose, method, request, self._last)
        try:
            return self._call(lambda: self._pool.of(version), method, request)
        except (ModelNotReady, VersionNotFound):  # it may be there even so, where the pool has not looked since
            return self._choose().call(method, request)

    def _call(
        self, choose: Callable[[], Connection], method: Method, request: object, last: Connection | None = None
    ) -> Any:
        chosen = choose()
        try:
            return chosen.call(method, request)
        except grpc.RpcError as error:
            # the connection to any address looks for new ones by itself
            if error.code() not in _GONE or chosen is self._pool.any():
                raise
            self._pool.look_again()
            again = choose()
            if again is chosen:
                if last is None:
                    raise
                again = last
        return again.call(method, request)


def anyone(pool: Pool) -> Way:
    """The way to whatever the serving target names."""
    return Way(pool, pool.any)


def exactly(pool: Pool, version: int) -> Way:
    """The way to those that have this version."""
    return Way(pool, lambda: pool.of(version))


def others(pool: Pool, version: int, strictly: bool = False) -> Way:
    """The way to those that have another version; unless `strictly`, to any if there are none or none answers."""
    return Way(pool, lambda: pool.other_than(version, strictly), None if strictly else pool.any())
