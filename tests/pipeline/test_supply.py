from pathlib import Path

import pytest

from limner.pipeline.supply import Supply, supplies
from limner.timeline import DAY
from tests.features.logs import happened, log_of

EVERY_DAY, WEEKDAYS = list(range(60)), [day for day in range(60) if day % 7 < 5]


def supply(folder: Path, days: list[int], users: int) -> Supply:
    rows = [happened(day, f"u{user}") for day in days for user in range(users)]
    (found,) = supplies(log_of(folder, rows))
    return found


@pytest.mark.parametrize(
    ("days", "users", "is_daily", "missing"),
    [
        (EVERY_DAY, 4, True, []),
        (EVERY_DAY[:20] + EVERY_DAY[41:], 1, True, [(20, 41)]),
        (EVERY_DAY[:20] + EVERY_DAY[22:], 9, True, []),
        (EVERY_DAY[:20] + EVERY_DAY[24:40] + EVERY_DAY[50:], 4, True, [(40, 50), (20, 24)]),
        (EVERY_DAY[:20] + EVERY_DAY[24:40] + EVERY_DAY[50:], 2, True, [(40, 50)]),
        (WEEKDAYS, 9, True, []),
        ([day for day in WEEKDAYS if not 20 < day < 28], 4, True, [(19, 28)]),
        (EVERY_DAY[::10], 9, False, []),
        (EVERY_DAY[:10], 9, False, []),
    ],
)
def test_only_sources_that_deliver_daily_miss_days_and_not_by_chance(
    days: list[int], users: int, is_daily: bool, missing: list[tuple[int, int]], tmp_path: Path
) -> None:
    found = supply(tmp_path, days, users)

    start = found.until // DAY - days[-1]
    holes = [(hole.start // DAY - start, hole.end // DAY - start) for hole in found.holes]
    assert (found.is_daily, holes) == (is_daily, missing)


def test_a_source_that_was_always_sparse_misses_nothing(tmp_path: Path) -> None:
    sparse, dense = range(0, 60, 6), range(60, 290)
    rows = [happened(day) for day in sparse] + [happened(day, f"u{user}") for day in dense for user in range(9)]

    (found,) = supplies(log_of(tmp_path, rows))

    assert (found.is_daily, found.holes) == (True, ())
