import math
from typing import Any, get_args

import pytest

from limner.features.spec import Aggregate
from limner.features.wording import Wording, say, sentence, unit

DAY = 86_400
NAN = math.nan


def about(aggregate: str, **more: Any) -> Wording:
    plain: dict[str, Any] = {
        "role": "history", "labels": ("purchases", "购买"), "windows": (28 * DAY,), "part": None, "type": "number",
        "decimals": 2, "texts": (),
    }  # fmt: skip
    return Wording(aggregate=aggregate, **{**plain, **more})


TREND = about("trend", windows=(7 * DAY, 28 * DAY))
SHARE = about("share", labels=("spend", "消费"), part=("department", "GROCERY"))
AGE = about("last", role="attribute", labels=("age", "年龄"), type="category", texts=("young", "old"), windows=())


@pytest.mark.parametrize(
    ("wording", "value", "en", "zh"),
    [
        (about("count"), 3.0, "3 purchases in the last 28 days", "最近28天购买3次"),
        (about("count"), 1.0, "1 purchase in the last 28 days", "最近28天购买1次"),
        (about("count"), 0.0, "no purchases in the last 28 days", "最近28天没有购买"),
        (about("days_since_last"), 62.4, "no purchase for 62 days", "已62天没有购买"),
        (about("days_since_last"), 0.3, "purchase less than a day ago", "不到1天前有购买"),
        (about("days_since_last"), NAN, "no purchase ever", "从未有购买"),
        (about("sum", labels=("spend", "消费")), 12.5, "spend of 12.50 in the last 28 days", "最近28天消费合计12.50"),
        (about("active_days"), 1.0, "purchase on 1 day in the last 28 days", "最近28天有1天发生购买"),
        (
            TREND, 0.5, "purchases in the last 7 days at 0.50 times the rate of the last 28 days",
            "最近7天购买的速率为最近28天的0.50倍",
        ),
        (SHARE, 0.25, "department GROCERY: 25% of spend in the last 28 days", "最近28天department GROCERY占消费的25%"),
        (SHARE, 0.0, "no department GROCERY in spend in the last 28 days", "最近28天的消费中没有department GROCERY"),
        (AGE, 2.0, "age: old", "年龄：old"),
        (AGE, 0.0, "age: another value", "年龄：其他"),
        (AGE, NAN, "age unknown", "年龄未知"),
        (about("streak"), 3.0, "purchase on 3 days in a row", "连续3天有购买"),
        (about("streak"), 0.0, "no purchase today or yesterday", "今天和昨天都没有购买"),
        (about("days_to_second"), 2.5, "second purchase 2.5 days after the first", "第二次购买在首次之后2.5天"),
        (about("days_to_third"), NAN, "no third purchase yet", "还没有第三次购买"),
        (about("sessions"), 2.0, "2 sessions with purchases in the last 28 days", "最近28天有2次会话含购买"),
    ],
)  # fmt: skip
def test_a_value_is_said_in_both_languages(wording: Wording, value: float, en: str, zh: str) -> None:
    assert say(wording, value, "en") == en
    assert say(wording, value, "zh") == zh


@pytest.mark.parametrize("aggregate", [*get_args(Aggregate), "age_unknown"])
@pytest.mark.parametrize("value", [NAN, 0.0, 0.04, 1.0, 2.0, 1234.5])
def test_every_aggregate_has_words_for_every_value(aggregate: str, value: float) -> None:
    windows = (7 * DAY, 28 * DAY) if aggregate == "trend" else (28 * DAY,)
    wording = about(aggregate, windows=windows)

    told = [say(wording, value, language) for language in ("en", "zh")]

    assert all(text and "{" not in text and "nan" not in text for text in told)
    assert all(sentence(wording, language) for language in ("en", "zh"))
    assert unit(wording)
