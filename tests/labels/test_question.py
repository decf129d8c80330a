import pytest

from limner.errors import SpecError
from limner.events.log import Property
from limner.features.bucket import Needs, Stream
from limner.features.question import needs_of
from limner.features.spec import CohortSpec, CutoffsSpec, TargetSpec
from limner.quantities import Duration
from tests.labels.worlds import question

PROPERTIES = {
    "amount": Property("number", 2),
    "campaign": Property("category", 0),
    "opened": Property("flag", 0),
}
HORIZON = Duration(10)


def test_a_calendar_tag_needs_its_target_and_cohort() -> None:
    asked = question(cohort=CohortSpec(event_type="visit", where="amount > 1"))
    assert needs_of(asked, PROPERTIES) == Needs({":target": Stream("buy"), ":cohort": Stream("visit", "amount > 1")})


def test_a_trigger_tag_needs_its_trigger_its_properties_and_event_ids() -> None:
    target = TargetSpec(event_type="buy", same="campaign", sum="amount", at_least=1, horizon=HORIZON)
    asked = question(target=target, cutoffs=CutoffsSpec(on="mail", where="opened", known=("opened",)))
    assert needs_of(asked, PROPERTIES) == Needs(
        {":target": Stream("buy"), ":trigger": Stream("mail", "opened")},
        frozenset({"amount"}),
        frozenset({"campaign", "opened"}),
        event_ids=True,
    )


@pytest.mark.parametrize(
    ("target", "known", "message"),
    [
        (
            {"sum": "price", "at_least": 1},
            (),
            r"tags\.buys\.target\.sum: no source gives the property price; there are",
        ),
        ({"sum": "campaign", "at_least": 1}, (), r"campaign is a category; it must be a number"),
        ({"same": "amount"}, (), r"amount is a number; it must be a category or flag"),
        ({}, ("channel",), r"tags\.buys\.cutoffs\.known: channel: no source gives the property channel"),
    ],
)
def test_a_property_that_cannot_serve_is_refused(
    target: dict[str, object], known: tuple[str, ...], message: str
) -> None:
    spec = TargetSpec.model_validate({"event_type": "buy", "horizon": HORIZON, **target})
    with pytest.raises(SpecError, match=message):
        needs_of(question(target=spec, cutoffs=CutoffsSpec(on="mail", known=known)), PROPERTIES)
