"""A gRPC client with several connections: grpcio's asyncio client, with requests and answers as bytes."""

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any

import grpc

from bench.load.loops import Loop
from bench.load.record import WRONG

PREDICT = "/tensorflow.serving.PredictionService/Predict"
_TIMEOUT = 30.0
_CONNECTED_WITHIN = 5.0
_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # without it, channels to the same address share one connection
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    # find a starting server quickly
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 50),
]


def drive(
    address: str,
    request: bytes,
    connections: int,
    check: Callable[[bytes], bool],
    loop: Callable[[Callable[[int], None]], Loop],
) -> Loop:
    """Run the loop that `loop` creates for a send function, and return it. Raises TimeoutError without a server."""
    # select() has a finer resolution than epoll, whose milliseconds are coarse for these latencies
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(_drive(address, request, connections, check, loop))


async def _drive(
    address: str,
    request: bytes,
    connections: int,
    check: Callable[[bytes], bool],
    make: Callable[[Callable[[int], None]], Loop],
) -> Loop:
    channels = [grpc.aio.insecure_channel(address, options=_OPTIONS) for _ in range(connections)]
    await asyncio.wait_for(asyncio.gather(*(channel.channel_ready() for channel in channels)), _CONNECTED_WITHIN)
    calls: list[Any] = [channel.unary_unary(PREDICT) for channel in channels]
    asking = set()

    def send(number: int) -> None:
        task = asyncio.create_task(ask(number))
        asking.add(task)
        task.add_done_callback(asking.discard)

    async def ask(number: int) -> None:
        try:
            fault = "" if check(await calls[number](request, timeout=_TIMEOUT)) else WRONG
        except grpc.aio.AioRpcError as error:
            fault = error.code().name
        loop.answered(number, fault, time.monotonic())

    loop = make(send)
    while (wake := loop.wake(now := time.monotonic())) is not None:
        await asyncio.sleep(max(0.0, wake - now))
    for channel in channels:
        await channel.close()
    return loop
