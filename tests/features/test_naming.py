import pytest

from limner.features.naming import declared_names, part_slug, window_name, windows_of
from limner.features.spec import FeaturesSpec, SignalSpec
from limner.quantities import Duration
from limner.timeline import DAY

FEATURES = FeaturesSpec(
    windows=(Duration(7 * DAY), Duration(28 * DAY)),
    signals={"spend": SignalSpec(event_type="buy", value="amount")},
    aggregates={"spend": ("sum", "trend", "days_since_first")},
    attributes=("age",),
)


def test_names_say_signal_aggregate_and_window() -> None:
    assert declared_names(FEATURES) == [
        "spend_sum_7d",
        "spend_sum_28d",
        "spend_trend_7d_over_28d",
        "spend_days_since_first",
        "spend_age_unknown",
        "age",
    ]


@pytest.mark.parametrize(
    ("seconds", "name"), [(DAY, "1d"), (7 * DAY, "7d"), (36 * 3_600, "36h"), (90, "90s"), (1_800, "30m")]
)
def test_a_window_is_named_in_its_largest_whole_unit(seconds: int, name: str) -> None:
    assert window_name(seconds) == name


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("GROCERY", "grocery"),
        ("MEAT-PCKGD", "meat_pckgd"),
        ("  a  b ", "a_b"),
        ("茶", "茶"),
        ("--", "blank"),
        (None, "other"),
    ],
)
def test_a_value_becomes_a_word(value: str | None, slug: str) -> None:
    assert part_slug(value) == slug


def test_a_single_window_has_no_trend() -> None:
    alone = FEATURES.model_copy(update={"windows": (Duration(DAY),)})

    assert windows_of(alone, "trend") == []
