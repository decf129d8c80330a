"""Small worlds of events: drawn at random near the instants that matter, and brought into a bucket."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from limner.features.bucket import Bucket, Membership, Properties
from limner.features.kernel_program import MISSING
from limner.features.question import COHORT, TARGET, TRIGGER, TagQuestion
from limner.features.spec import CohortSpec, CutoffsSpec, TargetSpec
from limner.quantities import Duration
from limner.timeline import MICROS
from tests.oracle_labels import Event, Row

CAMPAIGNS = ("a", "b", "c")


def question(**parts: Any) -> TagQuestion:
    defaults: dict[str, Any] = {
        "tag": "buys",
        "cohort": None,
        "target": TargetSpec(event_type="buy", horizon=Duration(10)),
        "cutoffs": CutoffsSpec(every=Duration(10)),
        "valid_for": Duration(5),
    }
    return TagQuestion(**{**defaults, **parts})


def event(second: float, type: str = "buy", user: str = "u", **rest: Any) -> Event:
    micros = round(second * MICROS)
    return Event(**{"user": user, "type": type, "micros": micros, "known_micros": micros, "id": "", **rest})


def in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda e: (e.user, max(e.micros, e.known_micros), e.id))


def bucket_of(events: list[Event], question: TagQuestion) -> Bucket:
    ordered = in_order(events)
    users = sorted({event.user for event in ordered})
    counts = [sum(event.user == user for event in ordered) for user in users]
    amounts = [event.amount for event in ordered]
    codes = [-1 if event.campaign is None else CAMPAIGNS.index(event.campaign) for event in ordered]
    types = np.array([event.type for event in ordered], dtype=object)
    names = {TARGET: question.target.event, TRIGGER: question.cutoffs.on}
    names[COHORT] = question.cohort.event_type if question.cohort else None
    return Bucket(
        named=lambda: np.array(users, dtype=object),
        offsets=np.cumsum([0, *counts]).astype(np.int64),
        seconds=np.array([event.known_second for event in ordered], dtype=np.int64),
        micros=np.array([event.micros for event in ordered], dtype=np.int64),
        membership=Membership.of({name: types == wanted for name, wanted in names.items() if wanted}, len(ordered)),
        properties=Properties(
            number_names=("amount",),
            decimals=(2,),
            numbers=np.array([[MISSING if amount is None else amount for amount in amounts]], np.int64),
            category_names=("campaign",),
            texts=(CAMPAIGNS,),
            codes=np.array([codes], np.int32),
            lacking={},
        ),
        event_ids=np.array([event.id for event in ordered], dtype=object).__getitem__,
    )


def plain(bucket: Bucket, rows: Any) -> list[tuple[str, int, str | None]]:
    ids = [None] * len(rows) if rows.trigger is None else bucket.event_ids(rows.trigger)  # type: ignore[misc]
    return list(zip(bucket.users[rows.user].tolist(), rows.cutoff.tolist(), ids, strict=True))


def expected(rows: list[Row]) -> list[tuple[str, int, str | None]]:
    return [(row.user, row.cutoff, row.trigger.id if row.trigger else None) for row in rows]


MOMENTS = st.builds(
    lambda second, micros: second * MICROS + micros,
    st.sampled_from([-1, 0, 1, 4, 5, 9, 10, 11, 14, 15, 20, 21]),
    st.sampled_from([0, 1, 2, 999_999]),
)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """A few users whose events crowd around few instants, some known late, many at the same microsecond."""
    found = []
    for number in range(draw(st.integers(1, 14))):
        micros = draw(MOMENTS)
        late = draw(st.sampled_from([0, 0, 0, 1, MICROS, 9 * MICROS]))
        found.append(
            Event(
                user=draw(st.sampled_from("uv")),
                type=draw(st.sampled_from(["buy", "mail", "visit"])),
                micros=micros,
                known_micros=micros + late,
                id=f"{number:02}",
                amount=draw(st.sampled_from([None, -1, 1, 50, 2**32, -(2**32), 2**53])),
                campaign=draw(st.sampled_from([None, "a", "c"])),
            )
        )
    return in_order(found)


COHORTS = st.one_of(
    st.none(),
    st.builds(
        CohortSpec,
        event_type=st.sampled_from(["buy", "visit", "mail"]),
        within=st.sampled_from([None, Duration(1), Duration(10)]),
    ),
)
SPANS: dict[str, Any] = {
    "horizon": st.sampled_from([Duration(1), Duration(10)]),
    "gap": st.sampled_from([Duration(0), Duration(1), Duration(5)]),
}
OUTCOMES = [
    st.builds(TargetSpec, event_type=st.sampled_from(["buy", "mail"]), **SPANS),
    st.builds(TargetSpec, absent=st.just("buy"), **SPANS),
    st.builds(
        TargetSpec,
        event_type=st.just("buy"),
        sum=st.just("amount"),
        at_least=st.sampled_from([-0.01, 0.0, 0.01, 0.5, 0.51, 0.501, 2**53 / 100, 1.5e14]),
        **SPANS,
    ),
]
AMOUNTS = st.one_of(
    st.builds(TargetSpec, event_type=st.just("buy"), sum=st.just("amount"), **SPANS),
    st.builds(TargetSpec, event_type=st.sampled_from(["buy", "mail"]), count=st.just(True), **SPANS),
)
TARGETS = st.one_of(*OUTCOMES, AMOUNTS)
TIED = st.builds(TargetSpec, event_type=st.just("buy"), same=st.just("campaign"), **SPANS)

CALENDAR_QUESTIONS = st.builds(question, cohort=COHORTS, target=TARGETS)
TRIGGER_QUESTIONS = st.builds(
    question,
    cohort=COHORTS,
    target=st.one_of(*OUTCOMES, AMOUNTS, TIED, TIED),
    cutoffs=st.builds(
        CutoffsSpec,
        on=st.sampled_from(["mail", "buy"]),
        at=st.sampled_from([Duration(0), Duration(2), Duration(-3)]),
        known=st.just(("amount", "campaign")),
    ),
)
