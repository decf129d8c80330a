import pytest

from limner.models.forms import said_of_form


@pytest.mark.parametrize(
    ("kind", "en", "zh"),
    [
        ("rule", "a rule", "规则"),
        ("linear", "a regularised regression", "正则化回归"),
        ("two_stage", "gradient-boosted trees in two stages", "两阶段梯度提升树"),
        (
            "forest_linear_bgnbd",
            "the mean of gradient-boosted trees, a regularised regression and BG/NBD",
            "梯度提升树、正则化回归与BG/NBD的平均",
        ),
    ],
)
def test_each_form_has_a_name_and_a_mean_those_of_its_parts(kind: str, en: str, zh: str) -> None:
    assert said_of_form(kind) == (en, zh)
