"""What is asked: how many beats in a request, on how many connections, at whose pace."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """`half`: an open loop at half of what the contender does in a closed loop on 64 connections.

    Where a second has few requests, a measurement takes `longer` times as long.
    """

    name: str
    beats: int
    connections: int
    half: bool = False
    longer: int = 1


SINGLE = {count: Scenario(f"1 beat, {count} connection{'s' * (count > 1)}", 1, count) for count in (1, 8, 64, 256)}
BATCH = {
    16: Scenario("16 beats, 8 connections", 16, 8),
    256: Scenario("256 beats, 8 connections", 256, 8),
    4096: Scenario("4096 beats, 4 connections", 4096, 4, longer=2),
}
HALF = Scenario("1 beat, half load", 1, 64, half=True)
ALL = (*SINGLE.values(), *BATCH.values(), HALF)
QUICK = (SINGLE[1], SINGLE[64], BATCH[4096], HALF)
BUSY = SINGLE[64]
WITHOUT_NETWORK = (SINGLE[1], *BATCH.values())  # a call in the process itself knows no connections
AS_A_LIMIT = (SINGLE[1], BUSY, BATCH[4096])  # of the model server with a model of zeros
