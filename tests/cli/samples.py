import io

from rich.console import Console

from limner.tags.catalogue import Band, Entry, Model, Rows
from limner.tags.declared import Said
from limner.tags.definition import Part
from limner.tags.portrait import Held, Lacked, Portrait

LAPSE = Entry(
    tag="lapse_28d",
    kind="predictive",
    title=Said("Will stay away for 28 days", "28天内不再购买"),
    description=Said(
        "A household that bought lately buys nothing in the next 28 days.", "近期购买过的家庭在28天内不再购买。"
    ),
    definition=(
        Part("who", Said("users with the event purchase in the 56 days before", "此前56天内有 purchase 事件的用户")),
        Part("outcome", Said("no event purchase within 28 days", "28天内没有 purchase 事件")),
    ),
    purpose="marketing",
    owner="retention",
    status="published",
    users_in_log=2_469,
    definition_hash="0" * 64,
    model=Model(
        version="3",
        form="forest",
        published="model",
        grade="B",
        sentence=Said(
            "Better than the best rule (frequency): +5% (+2% to +9%) more average precision.",
            "优于最佳规则(frequency):平均精度相对提升 +5%(+2% 至 +9%)。",
        ),
        base_rate=0.09,
        trained_until="2017-12-31T00:00:00Z",
        metrics={"auc": 0.81},
        recipe=Said("enough people: gradient boosting, searched widely", "人数充足：梯度提升树，充分调参"),
    ),
    rows=Rows(
        users=2_301,
        expired=0,
        bands=(Band("high", 230, 0.1), Band("medium", 460, 0.2), Band("low", 1_611, 0.7)),
        mean_probability=0.083,
        expected=191.2,
        model_version="3",
        as_of="2018-01-01T00:00:00Z",
        computed_at="2018-01-01T00:00:00Z",
        valid_until="2018-01-15T00:00:00Z",
    ),
)
SIZE = Entry(
    tag="household_size",
    kind="fact",
    title=Said("Household size", "家庭人数"),
    description=Said("", ""),
    definition=(Part("attribute", Said("household_size, as the source tells it", "来源数据中的 household_size")),),
    purpose="marketing",
    owner="",
    status="never scored",
    users_in_log=2_469,
    definition_hash="1" * 64,
)
HELD = Held(
    tag="lapse_28d",
    kind="predictive",
    title=LAPSE.title,
    value=None,
    score=1.2,
    probability=0.62,
    percentile=97.4,
    tier="high",
    reasons=(
        {
            "feature": "a",
            "contribution": 0.9,
            "value": 62.0,
            "en": "no purchase for 62 days",
            "zh": "已62天没有purchases",
        },
        {
            "feature": "b",
            "contribution": -0.2,
            "value": 2.0,
            "en": "2 mailings in the last 28 days",
            "zh": "最近28天mailings2次",
        },
    ),
    eligible=True,
    why_not=None,
    model_version="3",
    backfilled=False,
    ranked=2_301,
    as_of="2018-01-01T00:00:00Z",
    computed_at="2018-01-01T00:00:00Z",
    valid_until="2018-01-15T00:00:00Z",
    is_expired=False,
)
PORTRAIT = Portrait(
    user_id="2375",
    now="2018-01-01T00:00:00Z",
    known_since="2017-01-03T10:00:00Z",
    last_event="2017-10-31T18:00:00Z",
    events={"purchase": 1_200, "campaign_mailed": 4},
    tags=(HELD,),
    lacks=(
        Lacked(
            "household_size",
            SIZE.title,
            Said("household_size of this user is not known", "该用户的 household_size 未知"),
        ),
    ),
)


def recording(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False, force_terminal=False)


def lines(of: Console) -> list[str]:
    assert isinstance(of.file, io.StringIO)
    return [line.rstrip() for line in of.file.getvalue().splitlines()]
