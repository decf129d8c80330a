import numpy as np
import pytest

from limner.errors import RefusedError, SpecError
from limner.events.log import EventLog
from limner.features.compile import baseline_plan, compile_plan
from limner.features.loading import load_bucket
from limner.features.plan import Part, Plan
from limner.features.rows import Rows
from limner.features.spec import BySpec, CohortSpec, FeaturesSpec, SignalSpec, TargetSpec
from limner.features.vectors import vectors
from limner.quantities import Duration
from limner.timeline import DAY
from tests.features.logs import happened, log_of, second

KINDS = ["b", "b", "b", "a-1", "a 1", "c", "d"]
FEATURES = FeaturesSpec(
    windows=(Duration(7 * DAY), Duration(28 * DAY)),
    signals={
        "buys": SignalSpec(event_type="buy"),
        "spend": SignalSpec(event_type="buy", where="amount > 0", value="amount"),
        "visits": SignalSpec(event_type="visit"),
    },
    aggregates={"buys": ("count",), "spend": ("sum",)},
    by={"kind": BySpec(signal="spend", top=3, windows=(Duration(7 * DAY),))},
)
TARGET = TargetSpec(event_type="buy", where="kind = 'b'", horizon=Duration(DAY))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    bought = [happened(1 + n, who=f"u{n}", amount=1.0, kind=kind) for n, kind in enumerate(KINDS)]
    later = [happened(50 + n / 10, amount=1.0, kind="late") for n in range(20)]
    free = [happened(2, amount=0.0, kind="free") for _ in range(9)]
    visits = [happened(3, what="visit", kind="e") for _ in range(9)]
    return log_of(tmp_path_factory.mktemp("compile"), [*bought, *later, *free, *visits])


def compiled(log: EventLog, day: float = 40, known: tuple[str, ...] = ()) -> Plan:
    return compile_plan(log, FEATURES, {}, before=second(day), known=known)


def rows_to_score_of(log: EventLog, plan: Plan, day: float, user: str = "u0") -> dict[str, float]:
    for number in range(log.buckets):
        bucket = load_bucket(log, number, plan.needs)
        if user in bucket.users:
            place = np.flatnonzero(bucket.users == user).astype(np.int32)
            found = vectors(bucket, plan, Rows(place, np.array([second(day)])), {})[0]
            return dict(zip(plan.names, found.tolist(), strict=True))
    raise LookupError(user)


def test_parts_are_the_frequent_values_of_the_signal_before_the_instant(log: EventLog) -> None:
    plan = compiled(log)

    assert plan.parts == {"kind": ("b", "a 1", "a-1")}
    assert [feature.part for feature in plan.features if feature.part] == [
        Part("kind", "b"),
        Part("kind", "a 1"),
        Part("kind", "a-1"),
        Part("kind", None),
    ]


def test_what_happens_from_the_instant_on_has_no_say(log: EventLog) -> None:
    assert compiled(log).fingerprint == compiled(log, day=50).fingerprint
    assert compiled(log, day=60).parts["kind"][0] == "late"


def test_values_that_look_alike_in_a_name_are_told_apart(log: EventLog) -> None:
    names = compiled(log).names

    assert names[4:] == (
        "spend_kind_b_sum_7d",
        "spend_kind_a_1_sum_7d",
        "spend_kind_a_1_sum_7d_2",
        "spend_kind_other_sum_7d",
    )


def test_a_triggers_properties_are_features_of_their_own(log: EventLog) -> None:
    features = {one.name: one for one in compiled(log, known=("kind", "amount", "is_gift")).features}

    assert features["trigger_kind"].texts[0] == "e"
    assert (features["trigger_amount"].type, features["trigger_amount"].decimals) == ("number", 2)
    assert features["trigger_is_gift"].type == "flag"


def test_a_plan_comes_back_from_its_json(log: EventLog) -> None:
    plan = compiled(log, known=("kind",))

    assert Plan.from_json(plan.to_json()) == plan


def test_the_baseline_looks_at_the_outcomes_event_and_at_money(log: EventLog) -> None:
    plan = baseline_plan(log, FEATURES, CohortSpec(event_type="buy"), TARGET)

    assert plan.names == ("recency_buy", "frequency_buy", "monetary_spend")
    assert plan.signals["target"].stream.where == "kind = 'b'"


def test_beside_a_count_stands_what_it_was_before(log: EventLog) -> None:
    counted = TargetSpec(event_type="visit", count=True, horizon=Duration(DAY))

    assert baseline_plan(log, FEATURES, None, counted).names[3:] == ("persistence_visit",)


def test_beside_a_sum_stands_the_sum_before(log: EventLog) -> None:
    plan = baseline_plan(log, FEATURES, None, TargetSpec(event_type="buy", sum="amount", horizon=Duration(DAY)))

    assert plan.names == ("recency_buy", "frequency_buy", "monetary_spend", "persistence_amount")


def test_money_of_the_cohorts_event_stands_in_where_the_outcome_has_none(log: EventLog) -> None:
    visited = TargetSpec(event_type="visit", horizon=Duration(DAY))

    assert baseline_plan(log, FEATURES, CohortSpec(event_type="buy"), visited).names[2] == "monetary_spend"
    assert baseline_plan(log, FEATURES, None, visited).names[2] == "monetary_spend"
    without = FEATURES.model_copy(update={"signals": {"buys": SignalSpec(event_type="buy")}})
    assert baseline_plan(log, without, None, visited).names == ("recency_visit", "frequency_visit")


def test_a_condition_on_what_no_source_delivers_is_refused(log: EventLog) -> None:
    wrong = FEATURES.model_copy(
        update={"signals": {**FEATURES.signals, "spend": SignalSpec(event_type="buy", where="x > 1")}}
    )

    with pytest.raises(SpecError, match="there is no column x"):
        compile_plan(log, wrong, {}, before=second(40))


def test_hour_and_weekday_divide_a_signal_without_being_delivered(log: EventLog) -> None:
    by = {"weekday": BySpec(signal="buys", aggregate="share", windows=(Duration(28 * DAY),))}
    plan = compile_plan(log, FEATURES.model_copy(update={"by": by}), {}, before=second(40))
    at = rows_to_score_of(log, plan, 3.5)

    shares = {name: value for name, value in at.items() if "weekday" in name}

    assert len(shares) == 7
    assert shares["buys_weekday_thursday_share_28d"] == 1.0


@pytest.mark.parametrize("where", ["features.signals.spend", "features.by.weight", "cutoffs.known: weight"])
def test_a_property_that_was_never_ingested_is_refused(log: EventLog, where: str) -> None:
    signals = {**FEATURES.signals, "spend": SignalSpec(event_type="buy", value="weight")}
    wrong: dict[str, dict[str, object]] = {
        "features.signals.spend": {"signals": signals},
        "features.by.weight": {"by": {"weight": BySpec(signal="buys", aggregate="count")}},
    }
    known = ("weight",) if where.startswith("cutoffs") else ()

    with pytest.raises(RefusedError, match=f"{where}: the log holds no property weight"):
        compile_plan(log, FEATURES.model_copy(update=wrong.get(where, {})), {}, before=second(40), known=known)
