"""The circuit breaker, told the time."""

from jangteo.payment.providers.breaker import FAILURES, FIRST_BREAK, LONGEST_BREAK, Breaker


class Time:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def broken(time):
    breaker = Breaker(time)
    for _ in range(FAILURES):
        assert breaker.admit()
        breaker.failed()
    return breaker


def test_it_opens_after_a_row_of_failures_only():
    breaker = Breaker(Time())
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open
    assert broken(Time()).is_open


def test_after_its_break_one_call_goes_ahead_and_an_answer_closes_it():
    time = Time()
    breaker = broken(time)
    assert not breaker.admit()
    time.now += FIRST_BREAK
    assert [breaker.admit() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.admit()


def test_breaks_double_up_to_a_limit_while_nothing_answers():
    time = Time()
    breaker, breaks = broken(time), []
    for _ in range(8):
        started = time.now
        while not breaker.admit():
            time.now += 0.5
        breaks.append(time.now - started)
        breaker.failed()
    assert breaks == [1.0, 2.0, 4.0, 8.0] + [LONGEST_BREAK] * 4
