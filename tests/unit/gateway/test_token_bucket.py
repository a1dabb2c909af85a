from gateway.security.token_bucket import Bucket
from tests.unit.gateway.conftest import Clock


def test_a_burst_of_one_second_is_allowed_and_then_the_rate(clock: Clock):
    bucket = Bucket(4, clock)
    assert [bucket.take() for _ in range(4)] == [0] * 4
    assert bucket.take() == 0.25
    clock.now += 0.25
    assert bucket.take() == 0
    assert bucket.take() == 0.25


def test_a_rate_below_one_accepts_the_first_request(clock: Clock):
    bucket = Bucket(0.1, clock)
    assert bucket.take() == 0
    assert bucket.take() == 10
    clock.now += 9
    assert round(bucket.take(), 6) == 1


def test_a_long_pause_earns_no_more_than_one_second(clock: Clock):
    bucket = Bucket(2, clock)
    clock.now += 3600
    assert [bucket.take() for _ in range(3)] == [0, 0, 0.5]
