import numpy as np
import pytest

from limner.models.ladder import Evidence, evidence_of, recipe_for


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
