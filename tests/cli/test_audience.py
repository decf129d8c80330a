# ruff: noqa: E501 - whole sentences, one a line
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from limner import cli
from limner.engines.store import Store
from limner.tags.maker import rows_of
from limner.tags.rows import Kind, Stamp, tag_rows
from limner.tags.writing import Batch
from tests.tags.batches import prediction_batch, shown_in

EVER = 4_000_000_000
KINDS: dict[str, Kind] = {"lapse": "predictive", "order": "predictive", "class": "rule", "region": "fact"}
PROJECT = """
version: 1
project: shop
store: store
sources:
  sales: {read: sales.csv, event_type: buy, user_id: who, event_time: when}
attributes:
  people: {read: people.csv, user_id: who, columns: {region: category}}
features:
  windows: [28d]
  signals: {buys: {event_type: buy}}
  aggregates: {buys: [count]}
tags:
  lapse:
    kind: predictive
    title: {en: Will stay away, zh: 不再购买}
    cohort: {event_type: buy, within: 28d}
    target: {absent: buy, horizon: 28d}
    tiers: {high: 20%, low: 80%}
  order: {kind: predictive, target: {event_type: buy, horizon: 28d}, tiers: {high: 20%, low: 80%}}
  class: {kind: rule, classes: {often: buys_count_28d >= 2}, otherwise: rarely}
  region: {kind: fact, attribute: region}
audiences:
  at_risk:
    title: {en: At risk, zh: 流失风险}
    description: {en: Who may stay away., zh: 可能不再购买的用户。}
    where: "lapse.tier = 'high' and not audience('asked')"
    holdout: 20%
    owner: retention
    sink: crm
  northern: {where: "region = 'north'", suppress: [asked]}
  asked: {users: {read: asked.csv, user_id: who}}
sinks:
  crm: {kind: csv, path: "out/{audience}.csv", columns: [lapse.tier]}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "configs").mkdir()
    (folder / "configs" / "shop.yaml").write_text(PROJECT)
    (folder / "asked.csv").write_text("who\nu000\nu001\n")
    users = [f"u{place:03}" for place in range(100)]
    tiers = ["high" if place % 5 == 0 else "low" for place in range(100)]
    chances = [(place + 1) / 100 for place in range(100)]
    told: dict[str, Any] = {"tier": tiers, "probability": chances, "percentile": [100 * one for one in chances]}
    batches = [
        prediction_batch("lapse", 100, users, valid_until=[EVER] * 100, **told),
        prediction_batch("order", 100, users[:50], tier=tiers[:50], valid_until=[EVER] * 50),
        _regions({user: ("north", "south")[place % 2] for place, user in enumerate(users)}),
    ]
    shown_in(Store(folder / "store"), batches, KINDS)
    return folder


def _regions(values: dict[str, str]) -> Batch:
    stamp = Stamp("region", "fact", 100, 100, "r1", "d" * 64)
    known = {"user_id": list(values), "value": list(values.values()), "valid_until": [EVER] * len(values)}
    return Batch("region", "fact", 100, "k1", "r1", [tag_rows(stamp, rows_of(known))])


@pytest.fixture(autouse=True)
def _here(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "argv", [])


def run(*typed: str) -> int:
    sys.argv = ["limner", *typed]
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert isinstance(left.value.code, int)
    return left.value.code


def lines(capsys: pytest.CaptureFixture[str], *typed: str) -> list[str]:
    assert run("audience", *typed) == 0
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_the_list_at_100_columns(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "list")

    assert found[:6] == [
        "3 audiences",
        "",
        "Audience       Users  Held out  Saved",
        "at_risk   19  19.0 %         2",
        "northern  49  49.0 %",
        "asked      2   2.0 %",
    ]
    assert found[7:12] == [
        "At risk  at_risk",
        "  Who may stay away.",
        "  Who      lapse.tier = 'high' and not audience('asked')",
        "  Sent to  crm",
        "  Owner    retention; for marketing",
    ]
    assert "  Without  asked" in found
    assert "  Who    users listed in asked.csv" in found


def test_an_audience_shows_all_that_is_known_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "show", "at_risk")

    assert "  Holds       19 of 100 users (19.0 %)" in found
    assert "  Left alone  2 users (10.5 %), to measure lift" in found
    assert any("With 2 of 19 users held out, no lift would be seen" in line for line in found)
    assert [line.split() for line in found if line.startswith("Will stay away")] == [
        ["Will", "stay", "away", "19", "10", "6", "–", "13", "51", "%", "50", "%"]
    ]


def test_an_audience_in_chinese_is_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "show", "at_risk", "--lang", "zh")

    assert found[:2] == ["流失风险  at_risk", "  可能不再购买的用户。"]
    left = "".join(found[3:])
    for word in ("at_risk", "retention", "crm", "order", "lapse.tier = 'high' and not audience('asked')"):
        left = left.replace(word, "")
    assert [letter for letter in left if letter.isascii() and letter.isalpha()] == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["count", "lapse.tier = 'high'"], "20 of 100 users match (20.0 %)"),
        (["count", "northern"], "49 of 100 users match (49.0 %)"),
        (["preview", "at_risk", "--users", "2"], "The first 2, by lapse: the highest rank comes first"),
        (["preview", "northern", "--users", "1"], "The first 1, by id"),
        (["preview", "region = 'east'"], "Nobody matches."),
        (["breakdown", "at_risk", "--by", "region"], "19 users, by region, beside 100 in all"),
        (["overlap", "at_risk", "northern"], "Users in common, and their part of the row's audience"),
        (
            ["power", "lapse.tier = 'low'", "--holdout", "50%"],
            "With 40 of 80 users held out and 51.0 % expected among them, only a fall of at",
        ),
    ],
)
def test_the_first_line_answers(typed: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, *typed)[0].startswith(expected)


def test_a_preview_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "preview", "at_risk", "--users", "2")[1:] == [
        "User  lapse_tier  lapse_probability  lapse_percentile",
        "u095  high                     96 %              96.0",
        "u090  high                     91 %              91.0",
    ]


def test_a_breakdown_has_bars_and_an_index(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "breakdown", "at_risk", "--by", "lapse")[1:4] == [
        "                            Users    Share  Of all  Index",
        "high  ████████████████████     19  100.0 %  20.0 %    500",
        "low                             0    0.0 %  80.0 %      0",
    ]


def test_a_narrow_screen_keeps_what_matters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert lines(capsys, "preview", "at_risk", "--users", "1")[2:] == [
        "User  lapse_tier  lapse_probability",
        "u095  high                     96 %",
    ]
    assert lines(capsys, "breakdown", "at_risk", "--by", "region")[1:3] == [
        "         Users   Share  Of all  Index",
        "south       10  52.6 %  50.0 %    105",
    ]
    assert lines(capsys, "list")[2:4] == ["Audience       Users", "at_risk   19  19.0 %"]


def test_an_overlap_is_a_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "overlap", "at_risk", "region = 'north'")[1:] == [
        "                          1        2",
        "1 at_risk                19  9  47 %",
        "2 region = 'north'  9  18 %       50",
    ]


def test_saving_tells_what_became_of_each(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = (shop / "asked.csv").read_text()
    (shop / "asked.csv").unlink()

    code = run("audience", "save")
    out = capsys.readouterr().out

    (shop / "asked.csv").write_text(listed)
    assert code == 1
    assert out.count("refused") == 3
    assert "audiences.asked.users: there is no file asked.csv" in " ".join(out.split())
    assert "at_risk   saved" in "\n".join(lines(capsys, "save", "at_risk"))
    assert any(line.startswith("  Saved ") for line in lines(capsys, "show", "at_risk"))


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (["list"], "name"),
        (["show", "at_risk"], "power"),
        (["count", "northern"], "everybody"),
        (["preview", "northern"], "ordered_by"),
        (["breakdown", "northern", "--by", "class"], "slices"),
        (["overlap", "northern", "asked"], "audiences"),
        (["power", "at_risk"], "sentence"),
        (["save", "asked"], "run_id"),
    ],
)
def test_everything_can_be_had_as_json(typed: list[str], key: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["audience", *typed, "--json"], ["audience", "--json", *typed], ["--json", "audience", *typed]):
        assert run(*words) == 0
        told = json.loads(capsys.readouterr().out)
        assert key in (told[0] if isinstance(told, list) else told)


@pytest.mark.parametrize(
    ("typed", "exit_code", "sentence"),
    [
        (["--json"], 2, "Missing command."),
        (["pause"], 2, "No such command 'pause'."),
        (["show"], 2, "Missing argument 'AUDIENCE'."),
        (["show", "at_rsik"], 2, "there is no audience at_rsik; did you mean at_risk?; the project has: at_risk, northern, asked"),
        (["count", "at_rsik"], 2, "there is no audience at_rsik; did you mean at_risk?; the project has: at_risk, northern, asked"),
        (["count", "lapse.tier = 'hihg'"], 2, "lapse.tier is never 'hihg'; did you mean high?; it is one of: high, low"),
        (["count", "lapse"], 2, "lapse is a prediction, of which one part is compared"),
        (["count", ""], 2, "is not one condition"),
        (["count", "1 = 1; drop table x"], 2, "is not one condition"),
        (["count", "audience('nobody')"], 2, "there is no audience nobody"),
        (["preview", "northern", "--users", "0"], 2, "Invalid value for '--users': Input should be greater than or equal to 1"),
        (["breakdown", "northern"], 2, "Missing option '--by'."),
        (["breakdown", "northern", "--by", "regoin"], 2, "there is no tag regoin; did you mean region?; the project has: lapse, order, class, region"),
        (["overlap", "northern"], 2, "an overlap is of 2 to 12 different audiences, not of 1"),
        (["overlap", "northern", "northern"], 2, "an overlap is of 2 to 12 different audiences, not of 1"),
        (["power", "northern"], 2, "the condition mentions no prediction; name one with --tag; the project has: lapse, order"),
        (["power", "northern", "--tag", "class"], 2, "there is no prediction class; "),
        (["power", "northern", "--tag", "lapse"], 2, "nobody is held out of it; name a share with --holdout, such as 10%"),
        (["power", "at_risk", "--holdout", "half"], 2, '--holdout: "half" is not a share; write a percentage such as 5% or a number from 0 to 1'),
        (["power", "lapse.tier = 'high' and lapse.tier = 'low'", "--holdout", "5%"], 1, "nobody who matches has lapse, so nothing is expected of them"),
        (["save", "nothern"], 2, "there is no audience nothern; did you mean northern?"),
        (["list", "--lang", "fr"], 2, '--lang: there are no words in "fr"; write en or zh'),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence(
    typed: list[str], exit_code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audience", *typed) == exit_code

    told = capsys.readouterr().err
    assert told.startswith("limner: ")
    assert sentence in told
    assert "Traceback" not in told


def test_a_bare_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audience") == 2
    assert "breakdown" in capsys.readouterr().out


def test_commands_of_audiences_show_an_example() -> None:
    from limner.cli.audience import audience

    told = [one.callback.__doc__ or "" for one in audience.registered_commands if one.callback is not None]
    assert len(told) == 8
    assert all("Example: limner audience " in one for one in told)
