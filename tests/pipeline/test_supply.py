from pathlib import Path

import pytest

from limner.pipeline.supply import Supply, supplies
from limner.timeline import DAY
from tests.features.logs import happened, log_of

EVERY_DAY, WEEKDAYS = list(range(60)), [day for day in range(60) if day % 7 < 5]


def supply(folder: Path, days: list[int]) -> Supply:
    (found,) = supplies(log_of(folder, [happened(day) for day in days]))
    return found


@pytest.mark.parametrize(
    ("days", "is_daily", "missing"),
    [
        (EVERY_DAY, True, []),
        (EVERY_DAY[:20] + EVERY_DAY[41:], True, [(20, 41)]),
        (EVERY_DAY[:20] + EVERY_DAY[22:], True, []),
        (EVERY_DAY[:20] + EVERY_DAY[24:40] + EVERY_DAY[50:], True, [(40, 50), (20, 24)]),
        (WEEKDAYS, True, []),
        ([day for day in WEEKDAYS if not 20 < day < 28], True, [(19, 28)]),
        (EVERY_DAY[::10], False, []),
        (EVERY_DAY[:10], False, []),
    ],
)
def test_only_sources_that_deliver_daily_miss_days(
    days: list[int], is_daily: bool, missing: list[tuple[int, int]], tmp_path: Path
) -> None:
    found = supply(tmp_path, days)

    start = found.until - days[-1] * DAY
    holes = [((hole.start - start) // DAY, (hole.end - start) // DAY) for hole in found.holes]
    assert (found.is_daily, holes) == (is_daily, missing)
