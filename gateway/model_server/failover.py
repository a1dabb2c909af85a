"""Failover: which endpoint a call goes to, and what is tried when that one fails or hangs.

The policy, in the order in which it applies:

1. A call goes to the endpoint with the fewest calls in flight among those that have the version, in turn where they
   are equal. Ejected endpoints get calls only where there are no others.
2. An endpoint that cannot be reached, or that ends the call as it stops (UNAVAILABLE, CANCELLED), costs a retry: at
   once on an endpoint that was not tried yet, else after 0.1 and then 0.3 seconds. NOT_FOUND, the answer of a server
   that has not loaded the model, is tried elsewhere only. Every other answer stands.
3. An endpoint that does not answer for half a second, or for half of ECG_DEADLINE_SECONDS where that is shorter, may
   hang: the call is made on another one as well, which is one more attempt. As long as no answer comes there is another
   attempt each half second, and at once where an attempt finds its endpoint gone: on endpoints that were not tried yet
   or, after half a second, on such as failed before. The first answer counts, and the other attempts are cancelled.
4. Two attempts in a row that failed, or were overtaken by an answer from elsewhere, eject the endpoint. Those under way
   at the same time count once, and a probe that is not answered within a second counts as well. The endpoint is out of
   turn for 1 second, and for one more with each ejection up to 30, unless calls were answered in between. Then the
   first probe that it answers lets it in again.
5. At most ECG_RETRY_ATTEMPTS attempts, as long as the retry budget lasts, and never beyond the request's deadline.

One deadline, ECG_DEADLINE_SECONDS from when the body has come, holds for all that is done for a request: its wait for
the micro-batcher (at most half of it), the candidate's attempts (at most half of what is left, and half a second while
all of the candidate's endpoints are ejected), the served version's after them, and the questions about the model.
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

# A batch of 8192 beats takes some 20 ms. A stopped server must cost no request more than a second.
SLOW_SECONDS: Final = 0.5
SLOW_SHARE: Final = 0.5  # of a request's time, where that is shorter: another endpoint must still be able to answer
PAUSES: Final = (0.1, 0.3)  # seconds; together longer than the pause before a channel connects anew
Choose = Callable[[], Sequence[Endpoint]]
StartCall = Callable[[Endpoint, Method, object, float, Any], Any]  # as Endpoint.start does
Start = Callable[[Endpoint], Attempt]


class Failover:
    """Makes calls; for one event loop."""

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
        """Return the answer of an endpoint that `choose` gives; where all of these are gone, that `last_resort` gives.

        Raises:
            grpc.aio.AioRpcError: the last attempt's error.
            ModelTooSlow: the deadline passed.
            GatewayError: what `choose` raises.
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
            attempt.call.cancel()  # does nothing to one that ended

    async def _race(
        self, slow: Attempt, start: Start, tried: list[Endpoint], choose: Choose, deadline: Deadline
    ) -> Any:
        """Make one more attempt whenever one failed or nothing came for long; return the first answer that stands."""
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
        """Endpoints for one more attempt: not tried yet or, after a pause, such as failed before."""
        if len(tried) >= self._attempts:
            return []
        try:
            chosen = choose()
        except GatewayError:  # the endpoint that is being asked may still answer
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
        """Wait until there is something to try; give what chooses it, None if there is nothing."""
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
    """Endpoints that were not tried yet, without ejected ones if there are others."""
    fresh = [endpoint for endpoint in chosen if endpoint not in tried]
    return [endpoint for endpoint in fresh if not endpoint.ejected] or fresh
