"""Failover: chooses the endpoint of a call, and retries on others if that endpoint fails or hangs.

The policy, in the order in which it applies:

1. A call goes to the endpoint with the fewest calls in flight among those that have the version; equal endpoints take
   turns. Ejected endpoints get calls only if there are no others.
2. An endpoint that is unreachable, or that cancels the call because it stops (UNAVAILABLE, CANCELLED), causes a retry:
   at once on an endpoint that was not tried yet, otherwise after 0.1 and then 0.3 seconds. NOT_FOUND, the answer of a
   server that has not loaded the model, is retried only on other endpoints. Every other answer is final.
3. An endpoint that does not answer within half a second, or within half of ECG_DEADLINE_SECONDS if that is shorter, may
   hang. Then the call also goes to another endpoint (hedging), which counts as an attempt. Until an answer arrives,
   there is another attempt every half second, and at once if the endpoint of an attempt is gone: on endpoints that were
   not tried yet or, after half a second, on endpoints that failed before. The first answer counts, and the other
   attempts are cancelled.
4. Two consecutive attempts that failed, or whose answer came after another endpoint's, eject the endpoint. Attempts
   that overlap in time count once. A probe without an answer within a second counts as a failed attempt. The ejection
   lasts 1 second, and one second longer with each ejection, up to 30, unless calls were answered in between. Then the
   first answered probe readmits the endpoint.
5. There are at most ECG_RETRY_ATTEMPTS attempts, while the retry budget lasts, and never after the request's deadline.

One deadline, ECG_DEADLINE_SECONDS from the arrival of the body, holds for all work on a request: its wait in the
micro-batcher (at most half of the deadline), the candidate's attempts (at most half of the remaining time, and half a
second while all of the candidate's endpoints are ejected), the served version's attempts, and calls for the model's
description.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

import grpc.aio
from grpc import StatusCode

from gateway.deadline import Deadline
from gateway.errors import GatewayError, ModelTooSlow
from gateway.model_server.attempts import GONE, NOT_LOADED, Attempt, Race
from gateway.model_server.discovery import Discovery
from gateway.model_server.endpoint import Endpoint, Method
from gateway.model_server.retry_budget import RetryBudget
from gateway.settings import Settings

# Far above the 20 ms of a batch of 8192 beats, and short enough that a stopped server delays no request by a second.
SLOW_SECONDS: Final = 0.5
SLOW_SHARE: Final = 0.5  # of a request's deadline if that is shorter, so that another endpoint can still answer
PAUSES: Final = (0.1, 0.3)  # seconds; together longer than a channel's longest reconnect backoff, 0.25 s
Choose = Callable[[], Sequence[Endpoint]]
StartCall = Callable[[Endpoint, Method, object, float, Any], Any]  # like Endpoint.start
Start = Callable[[Endpoint], Attempt]


class Failover:
    """Makes calls by the policy above; for one event loop."""

    def __init__(
        self, discovery: Discovery, settings: Settings, budget: RetryBudget, start: StartCall = Endpoint.start
    ) -> None:
        self._discovery = discovery
        self._attempts = settings.retry_attempts
        self._slow = min(SLOW_SECONDS, SLOW_SHARE * settings.deadline_seconds)
        self._budget = budget
        self._turns = count()
        self._start_call = start

    async def call(
        self,
        method: Method,
        request: object,
        choose: Choose,
        deadline: Deadline,
        metadata: Any = None,
        last_resort: Choose | None = None,
    ) -> Any:
        """Call a method on an endpoint that `choose` returns; if all are gone, on one that `last_resort` returns.

        Args:
            method: The method to call.
            request: Its message, or the message's bytes.
            choose: Returns the endpoints to use; called again before each attempt.
            deadline: The time limit for all attempts.
            metadata: gRPC metadata to send, or None.
            last_resort: Returns further endpoints, or None.

        Returns:
            The answer's message.

        Raises:
            grpc.aio.AioRpcError: The last attempt failed.
            ModelTooSlow: The deadline passed.
            GatewayError: Raised by `choose`.
        """
        self._budget.deposit()
        tried: list[Endpoint] = []
        start = partial(self._start, tried, method, request, deadline, metadata)
        while True:
            try:
                return await self._attempt(start, tried, choose, deadline)
            except grpc.aio.AioRpcError as error:
                again = await self._again(error.code(), tried, choose, deadline, last_resort)
                if again is None:
                    raise
                choose = again

    def _pick(self, chosen: Sequence[Endpoint], tried: Sequence[Endpoint]) -> Endpoint:
        endpoints = _in_turn(chosen, tried) or list(chosen)
        if len(endpoints) == 1:
            return endpoints[0]
        first = next(self._turns) % len(endpoints)
        return min(endpoints[first:] + endpoints[:first], key=lambda each: (each.ejected, each.in_flight))

    def _start(
        self,
        tried: list[Endpoint],
        method: Method,
        request: object,
        deadline: Deadline,
        metadata: Any,
        endpoint: Endpoint,
    ) -> Attempt:
        tried.append(endpoint)
        since, seconds = endpoint.clock(), deadline.remaining()
        call = self._start_call(endpoint, method, request, seconds, metadata)
        return Attempt(endpoint, call, since, seconds >= self._slow)

    async def _attempt(self, start: Start, tried: list[Endpoint], choose: Choose, deadline: Deadline) -> Any:
        remaining = deadline.remaining()
        if not remaining:
            raise ModelTooSlow("The model server did not answer in time", cause="no time was left for a call")
        chosen = choose()
        attempt = start(self._pick(chosen, tried))
        may_race = remaining > self._slow and len(chosen) > 1 and len(tried) < self._attempts
        try:
            if may_race and not await attempt.ends_within(self._slow):
                return await self._race(attempt, start, tried, choose, deadline)
            return await attempt.answer()
        finally:
            attempt.call.cancel()  # no effect if the call has ended

    async def _race(
        self, slow: Attempt, start: Start, tried: list[Endpoint], choose: Choose, deadline: Deadline
    ) -> Any:
        """Add an attempt whenever one failed or none answered for a while; return the first answer that counts."""
        race = Race(slow)
        try:
            while True:
                others = self._others(choose, tried, race)
                if others and deadline.remaining() and self._budget.withdraw():
                    race.enter(start(self._pick(others, ())))
                if await race.is_decided(self._slow if len(tried) < self._attempts else None):
                    return race.result()
        finally:
            await race.end()

    def _others(self, choose: Choose, tried: list[Endpoint], race: Race) -> list[Endpoint]:
        """Return endpoints for another attempt: untried ones or, after a pause, ones that failed before."""
        if len(tried) >= self._attempts:
            return []
        try:
            chosen = choose()
        except GatewayError:  # an attempt in flight may still get an answer
            return []
        rested = [endpoint for endpoint in chosen if race.is_quiet and endpoint not in race.endpoints]
        return _in_turn(chosen, tried) or rested

    async def _again(
        self,
        code: StatusCode,
        tried: list[Endpoint],
        choose: Choose,
        deadline: Deadline,
        last_resort: Choose | None,
    ) -> Choose | None:
        """Wait until a retry is possible; return the choice of endpoints for it, or None if there is no retry."""
        if code not in GONE and code is not NOT_LOADED:
            return None
        if len(tried) >= self._attempts or not self._budget.withdraw():
            return None
        if not _in_turn(choose(), tried):
            await self._discovery.probe_again(deadline.remaining())
        for choice in (choose, last_resort):
            if choice is not None and _in_turn(choice(), tried):
                return choice
        pause = PAUSES[min(len(tried), len(PAUSES)) - 1]
        if code not in GONE or deadline.remaining() <= pause:
            return None
        await asyncio.sleep(pause)
        return choose


def _in_turn(chosen: Sequence[Endpoint], tried: Sequence[Endpoint]) -> list[Endpoint]:
    """Return the endpoints that were not tried yet, without ejected ones if there are others."""
    fresh = [endpoint for endpoint in chosen if endpoint not in tried]
    return [endpoint for endpoint in fresh if not endpoint.ejected] or fresh
