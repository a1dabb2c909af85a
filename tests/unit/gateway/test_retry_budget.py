from gateway.model_server.retry_budget import LEAST_RATE, SECONDS, SHARE, RetryBudget
from tests.unit.gateway.conftest import Clock


def withdrawn(budget: RetryBudget) -> int:
    """The number of retries that the budget allows now."""
    number = 0
    while budget.withdraw():
        number += 1
    return number


def test_at_first_there_are_the_retries_of_the_whole_time(clock: Clock):
    assert withdrawn(RetryBudget(clock)) == LEAST_RATE * SECONDS


def test_a_fifth_of_the_calls_may_be_tried_again(clock: Clock):
    budget = RetryBudget(clock)
    withdrawn(budget)
    for _ in range(100):
        budget.deposit()
    assert withdrawn(budget) in (100 * SHARE, 100 * SHARE - 1)  # as fifths are rounded


def test_with_few_calls_there_are_some_each_second(clock: Clock):
    budget = RetryBudget(clock)
    withdrawn(budget)
    clock.now += 2
    assert withdrawn(budget) == 2 * LEAST_RATE


def test_unused_retries_expire(clock: Clock):
    budget = RetryBudget(clock)
    for _ in range(10_000):
        budget.deposit()
    clock.now += 3600
    assert withdrawn(budget) == LEAST_RATE * SECONDS
