"""Conditions over tags as text, and what each says of a row by plain Python, three-valued logic included."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.tags.audience.town import CLASSES, TIERS, Row, present

Truth = bool | None


def _as_it_is(found: Any) -> Any:
    return found


class Told(NamedTuple):
    """A condition as text, and what it says of a row: true, false, or None where that is unknown."""

    text: str
    truth: Callable[[Row], Truth]


def compared(
    name: str, symbol: str, written: str, value: Any, read: Callable[[Any], Any] = lambda found: found
) -> Told:
    tag, _, part = name.partition(".")

    def truth(row: Row) -> Truth:
        found = present(row, tag, part or "value")
        if found is None:
            return None
        left = read(found)
        answers = {"=": left == value, "!=": left != value}
        if symbol in answers:
            return bool(answers[symbol])
        return bool({"<": left < value, "<=": left <= value, ">": left > value, ">=": left >= value}[symbol])

    return Told(f"{name} {symbol} {written}", truth)


def lacking(name: str, part: str) -> Told:
    return Told(f"{name} is null", lambda row: present(row, name.partition(".")[0], part) is None)


def negated(inner: Told) -> Told:
    def truth(row: Row) -> Truth:
        found = inner.truth(row)
        return None if found is None else not found

    return Told(f"not ({inner.text})", truth)


def connected(word: str, parts: list[Told]) -> Told:
    decides = word == "or"

    def truth(row: Row) -> Truth:
        found = [part.truth(row) for part in parts]
        return decides if decides in found else None if None in found else not decides

    return Told(f" {word} ".join(f"({part.text})" for part in parts), truth)


def one_of(name: str, values: list[str]) -> Told:
    told = connected("or", [compared(name, "=", f"'{one}'", one) for one in values])
    listed = ", ".join(f"'{one}'" for one in values)
    return Told(f"{name} in ({listed})", told.truth)


SYMBOLS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
EQUAL = st.sampled_from(["=", "!="])
NUMBERS = st.sampled_from(["0", "0.1", "0.25", "0.5", "1"])
AMOUNTS = st.sampled_from(["0", "-12.5", "100", "99.990000001", "1e2", "-1"])
ATOMS = st.one_of(
    st.builds(lambda s, v: compared("churn.tier", s, f"'{v}'", v), EQUAL, st.sampled_from(TIERS)),
    st.builds(lambda s, v: compared("rfm", s, f"'{v}'", v), EQUAL, st.sampled_from(CLASSES)),
    st.builds(lambda s, v: compared("churn.probability", s, v, float(v)), SYMBOLS, NUMBERS),
    st.builds(lambda s, v: compared("buy.percentile", s, v, float(v)), SYMBOLS, NUMBERS),
    st.builds(lambda s, v: compared("credit", s, v, Decimal(v), Decimal), SYMBOLS, AMOUNTS),
    st.builds(lambda s, v: compared("vip", s, str(v).lower(), v, "true".__eq__), EQUAL, st.booleans()),
    st.builds(lambda v: one_of("size", v), st.lists(st.sampled_from(["1", "2", "5+", "9", "o''clock"]), min_size=1)),
    st.sampled_from([lacking("churn", "tier"), lacking("rfm", "value"), lacking("buy.score", "score")]),
)  # fmt: skip
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(negated),
        st.builds(connected, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)
