import pytest
from pydantic import BaseModel, ValidationError

from limner.quantities import Band, Duration, Share


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 604_800), ("2h", 7_200), ("+2h", 7_200), ("-1d", -86_400), ("1w", 604_800), ("90s", 90), (" 5m ", 300)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert Duration.parse(text) == Duration(seconds)


@pytest.mark.parametrize("text", ["7dd", "d", "", "7", "1.5d", "7 d", None, 7, "7D", "٧d"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration; write a number and s, m, h, d or w"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["999999999w", "-36526d"])
def test_a_century_is_the_longest_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f'"{text}" is more than a century; write a number'):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["7d", "36h", "90s", "45m", "0d"])
def test_durations_are_written_as_read(text: str) -> None:
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "value"), [("5%", 0.05), ("0.05", 0.05), (1, 1.0), ("12.5%", 0.125), ("0%", 0), (1e-05, 1e-05)]
)
def test_shares_are_read(text: object, value: float) -> None:
    assert float(Share.parse(text)) == value


@pytest.mark.parametrize("text", ["101%", "-1%", "five", "", None, 2, "nan", "5 %%", "٥%", "1_0%", ".5", True])
def test_what_is_no_share_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        Share.parse(text)


@pytest.mark.parametrize(("text", "shown"), [("0.05", "5%"), ("100%", "100%"), ("12.50%", "12.5%")])
def test_shares_are_shown_as_percentages(text: str, shown: str) -> None:
    assert str(Share.parse(text)) == shown


@pytest.mark.parametrize(
    ("written", "shown"), [("10%", "10%"), (0.1, "10%"), ("200", "200"), (200, "200"), (1, "1"), (" rest ", "rest")]
)
def test_bands_are_shares_counts_or_the_rest(written: object, shown: str) -> None:
    assert str(Band.parse(written)) == shown
    assert Band.parse(shown) == Band.parse(written)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [("110%", '"110%" is not a share'), ("most", '"most" is not a tier; write a percentage'), (True, "is not a tier")],
)
def test_what_is_no_band_is_refused(written: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Band.parse(written)


def test_models_take_texts_values_and_explain_themselves() -> None:
    class Plan(BaseModel):
        window: Duration
        part: Share

    plan = Plan.model_validate({"window": "7d", "part": Share.parse("5%")})

    assert plan.model_dump(mode="json") == {"window": "7d", "part": "5%"}
    assert Plan.model_json_schema()["properties"]["window"]["type"] == "string"
    with pytest.raises(ValidationError, match="is not a duration"):
        Plan.model_validate({"window": "7dd", "part": "5%"})
