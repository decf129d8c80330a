import pytest

from limner.quantities import Duration
from limner.timeline import DAY, FixedClock, Span, WallClock, calendar, instant, label_span, shown


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T00:00:01.9Z", 1),
        ("1969-12-31T23:59:59.5Z", -1),
        ("1970-01-01T01:00:00+01:00", 0),
    ],
)
def test_instants_are_floored_utc_seconds(text: str, second: int) -> None:
    assert instant(text) == second


@pytest.mark.parametrize("text", ["yesterday", "2017-13-01", ""])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant; write such as"):
        instant(text)


def test_instants_are_written_as_read() -> None:
    assert shown(instant("2017-12-04T06:07:08Z")) == "2017-12-04T06:07:08Z"


def test_spans_hold_their_start_and_not_their_end() -> None:
    span = label_span(100, gap=Duration(10), horizon=Duration(20))

    assert span == Span(110, 130)
    assert [span.holds(second) for second in (109, 110, 129, 130)] == [False, True, True, False]


def test_the_calendar_ends_at_its_last_cutoff() -> None:
    assert calendar(first=0, last=10 * DAY, every=Duration(4 * DAY)) == [2 * DAY, 6 * DAY, 10 * DAY]
    assert calendar(first=5, last=4, every=Duration(1)) == []


def test_clocks() -> None:
    assert FixedClock(5).now() == 5
    assert WallClock().now() > instant("2024-01-01")
