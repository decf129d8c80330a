import numpy as np
import pytest

from limner.errors import RefusedError, SpecError
from limner.events.log import EventLog
from limner.features.bucket import Needs, Stream
from limner.features.loading import load_bucket, require_answerable
from limner.features.sharing import answered, together
from tests.pipeline.shop import open_shop

BUYS, MAILS, DAIRY = Stream("buy"), Stream("mail"), Stream("buy", "shelf = 'dairy'")
ASKED = (
    Needs({"same name": BUYS, "dairy": DAIRY}, frozenset({"amount"})),
    Needs({"same name": MAILS, "milk": DAIRY, "buys": BUYS}, categories=frozenset({"shelf"}), event_ids=True),
    Needs(),
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    return EventLog.open(open_shop(tmp_path_factory.mktemp("sharing") / "shop").store)


@pytest.mark.parametrize("needs", ASKED)
@pytest.mark.parametrize("number", [0, 1])
def test_what_is_asked_together_is_answered_as_if_asked_alone(log: EventLog, needs: Needs, number: int) -> None:
    alone, shared = load_bucket(log, number, needs), load_bucket(log, number, together(ASKED))

    found = answered(shared, needs)

    for name in needs.streams:
        np.testing.assert_array_equal(found.membership.mask(name), alone.membership.mask(name))
    assert {name for held in found.membership.streams for name in held} <= set(needs.streams)


def test_equal_streams_are_read_once() -> None:
    everything = together(ASKED)

    assert set(everything.streams.values()) == {BUYS, MAILS, DAIRY}
    assert (everything.numbers, everything.categories, everything.event_ids) == (
        frozenset({"amount"}),
        frozenset({"shelf"}),
        True,
    )


@pytest.mark.parametrize(
    ("needs", "error"),
    [
        (Needs(numbers=frozenset({"price"})), RefusedError),
        (Needs(numbers=frozenset({"shelf"})), RefusedError),
        (Needs({"odd": Stream("buy", "price > 3")}), SpecError),
    ],
)
def test_what_cannot_be_answered_is_refused_before_anything_is_read(
    log: EventLog, needs: Needs, error: type[Exception]
) -> None:
    require_answerable(log, ASKED[0])

    with pytest.raises(error):
        require_answerable(log, needs)
