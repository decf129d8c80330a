from pathlib import Path

import numpy as np
import pytest

from limner.models.ladder import LADDER, Evidence, evidence_of, recipe_for, rung_above


@pytest.mark.parametrize(
    ("people", "form", "space"),
    [
        (0, "rule", "none"),
        (29, "rule", "none"),
        (30, "linear", "linear"),
        (99, "linear", "linear"),
        (100, "forest", "shallow"),
        (999, "forest", "shallow"),
        (1_000, "forest", "wide"),
        (3_000_000, "forest", "wide"),
    ],
)
@pytest.mark.parametrize("is_common", [False, True])
def test_the_rarer_outcome_decides_the_recipe(people: int, form: str, space: str, is_common: bool) -> None:
    evidence = Evidence(9_000_000, people) if is_common else Evidence(people, 9_000_000)

    recipe = recipe_for(evidence)

    assert (recipe.form, recipe.space) == (form, space)


def test_evidence_counts_people_and_not_rows() -> None:
    users = np.array(["a", "a", "a", "b", "c"], dtype=object)
    labels = np.array([1, 1, 0, 0, 0], dtype=np.int8)

    assert evidence_of(users, labels) == Evidence(positive_users=1, negative_users=3)


@pytest.mark.parametrize(("people", "above"), [(0, 30), (29, 30), (30, 100), (999, 1_000), (1_000, None)])
def test_the_rung_above_is_the_one_that_is_missed(people: int, above: int | None) -> None:
    rung = rung_above(Evidence(people, 9_000))

    assert (None if rung is None else rung.people) == above


def test_the_ladder_begins_with_nobody_and_only_rises() -> None:
    people = [rung.people for rung in LADDER]

    assert people[0] == 0
    assert people == sorted(set(people))


def test_the_documented_table_is_the_ladder() -> None:
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    rows = [line.split("|") for line in page.partition("| users | recipe |")[2].split("\n\n")[0].splitlines()[2:]]

    begins = [0 if "under" in row[1] else int(row[1].split()[0].replace(",", "")) for row in rows]
    assert begins == [rung.people for rung in LADDER]
