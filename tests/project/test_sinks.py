# ruff: noqa: E501 - whole sentences, one a line
from pathlib import Path

import pytest

from limner.errors import UsageError
from limner.project import load
from limner.project.places import wrong_file
from limner.tags.sinks.secrets import has_password, revealed, wrong_url
from tests.project.shop import SHOP, mistakes, refusal

WRITE_IT_SO = "write ${NAME}, and set NAME where limner runs"
HOOK = "kind: webhook, secret: '${KEY}', url"

WRONG = [
    ("crm: {kind: csv, path: ''}", "sinks.crm.path: is empty; write a text"),
    ("crm: {kind: delta, path: ./data/shop/lake}", "sinks.crm.path: lies in the store data/shop, where Limner removes what it does not know; name another place"),
    ("crm: {kind: csv, path: 'out/{name}.csv'}", "sinks.crm.path: {name} stands for nothing here; only {audience} does, the name of the audience"),
    ("crm: {kind: csv, path: '${OUT}/a.csv'}", "sinks.crm.path: ${OUT} stands for nothing here; only {audience} does, the name of the audience"),
    ("crm: {kind: csv, path: raw/../purchases.csv}", "sinks.crm.path: would replace purchases.csv, which sources.purchases reads; name another place"),
    ("Crm: {kind: csv, path: a.csv}", 'sinks.Crm: "Crm" is not a name; write small letters, digits and underscores, a letter first'),
    ("outbox: {kind: csv, path: a.csv}", "sinks.outbox: outbox is what Limner calls something else; take another name"),
    ("crm: {kind: cvs, path: a.csv}", 'sinks.crm: "cvs" is not a kind of sink; allowed: csv, parquet, delta, postgres, webhook'),
    ("crm: {path: a.csv}", 'sinks.crm: the key "kind" is missing; allowed: csv, parquet, delta, postgres, webhook'),
    ("crm: {kind: csv, path: a.csv, columns: [lapse.tear]}", 'sinks.crm.columns[0]: lapse has no "tear"; allowed: lapse.score, lapse.probability, lapse.percentile, lapse.tier, lapse.frozen_tier, lapse.valid_until'),
    ("crm: {kind: csv, path: a.csv, columns: [lapse.tier, lapse.tier]}", "sinks.crm.columns[1]: lapse.tier stands here twice; keep one of them"),
    ("crm: {kind: postgres, dsn: '${DSN}', table: a.b.c}", 'sinks.crm.table: "a.b.c" is not a table; write such as audience or crm.audience'),
    ("crm: {kind: postgres, dsn: 'host=db password=hunter2', table: a}", f"sinks.crm.dsn: holds a password, which does not belong into a file; {WRITE_IT_SO}"),
    ("crm: {kind: postgres, dsn: 'postgresql://me:hunter2@db/crm', table: a}", f"sinks.crm.dsn: holds a password, which does not belong into a file; {WRITE_IT_SO}"),
    ("crm: {kind: webhook, url: 'https://crm.example', secret: hunter2}", f"sinks.crm.secret: is written out, and a secret does not belong into a file; {WRITE_IT_SO}"),
    (f"crm: {{{HOOK}: 'http://crm.example'}}", "sinks.crm.url: would send users in the clear; write https://, or http:// to this machine itself"),
    (f"crm: {{{HOOK}: 'https://me:hunter2@crm.example'}}", "sinks.crm.url: carries a name or a password; leave them out, batches are signed with the secret"),
    (f"crm: {{{HOOK}: crm.example}}", "sinks.crm.url: is not an address; write such as https://crm.example/hook"),
]  # fmt: skip

RIGHT = [
    "crm: {kind: postgres, dsn: '${DSN}', table: crm.audience, columns: [lapse.tier, class, age.valid_until]}",
    "crm: {kind: postgres, dsn: 'postgresql://limner@db/crm', table: audience}",
    f"crm: {{{HOOK}: '${{CRM_URL}}'}}",
    f"crm: {{{HOOK}: 'http://127.0.0.1:8080/hook'}}",
    "crm: {kind: delta, path: data/exports}",
]


def shop_with(sink: str) -> str:
    return f"{SHOP}sinks:\n  {sink}\n"


@pytest.mark.parametrize(("sink", "sentence"), WRONG)
def test_a_wrong_sink_is_said_in_a_sentence(tmp_path: Path, sink: str, sentence: str) -> None:
    assert mistakes(tmp_path, shop_with(sink)) == [sentence]


@pytest.mark.parametrize(("sink", "_"), [one for one in WRONG if "hunter2" in one[0]])
def test_no_mistake_shows_a_secret(tmp_path: Path, sink: str, _: str) -> None:
    assert "hunter2" not in refusal(tmp_path, shop_with(sink))
    assert "hunter2" not in refusal(tmp_path, shop_with(sink.replace("}", ", tabel: x}")))


@pytest.mark.parametrize("sink", RIGHT)
def test_a_right_sink_is_read(tmp_path: Path, sink: str) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(shop_with(sink))

    assert list(load(path).spec.sinks) == ["crm"]


@pytest.mark.parametrize(("read", "wrong"), [("out/*.csv", True), ("*.csv", False), ("**/*.csv", True)])
def test_a_star_reaches_into_no_folder(tmp_path: Path, read: str, wrong: bool) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP.replace("read: purchases.csv", f"read: '{read}'"))

    assert (wrong_file(load(path).spec, "out/a.csv") is not None) is wrong


WAYS = [
    ("sink: crn", 'audiences.a.sink: there is no sink "crn"; did you mean "crm"?; allowed: crm, hook, same'),
    ("on_enter: hok", 'audiences.a.on_enter: there is no sink "hok"; did you mean "hook"?; allowed: crm, hook, same'),
    ("on_leave: crm", "audiences.a.on_leave: crm is a csv sink; only a webhook can be told of one user"),
    ("sink: crm}, b: {where: age > 2, sink: crm", "audiences.b.sink: would replace the file of a; write {audience} into sinks.crm.path"),
    ("sink: crm}, b: {where: age > 2, sink: same", "audiences.b.sink: would replace the file of a; write {audience} into sinks.same.path"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "sentence"), WAYS)
def test_a_way_that_leads_nowhere_is_said(tmp_path: Path, way: str, sentence: str) -> None:
    sinks = shop_with(
        f"crm: {{kind: csv, path: a.csv}}\n  same: {{kind: csv, path: ./a.csv}}\n  hook: {{{HOOK}: 'https://crm.example'}}"
    )

    assert mistakes(tmp_path, f"{sinks}audiences: {{a: {{where: age > 1, {way}}}}}\n") == [sentence]


def test_a_secret_comes_from_the_environment() -> None:
    assert revealed("${KEY}", {"KEY": "hunter2"}, "sinks.crm.secret") == "hunter2"
    assert revealed("postgresql:///crm", {}, "sinks.crm.dsn") == "postgresql:///crm"


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}])
def test_a_secret_that_the_environment_lacks_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"sinks\.crm\.secret: the environment has no KEY; set it where limner runs"):
        revealed("${KEY}", environ, "sinks.crm.secret")


@pytest.mark.parametrize(
    ("dsn", "has_one"),
    [
        ("postgresql://me:x@db/crm", True),
        ("host=db PASSWORD = x", True),
        ("postgresql://db/crm?user=me&password=x", True),
        ("postgresql://me@db:5432/crm", False),
        ("postgresql:///crm?host=/run/postgresql", False),
        ("host=db user=me", False),
    ],
)
def test_passwords_are_found_in_addresses(dsn: str, has_one: bool) -> None:
    assert has_password(dsn) is has_one


@pytest.mark.parametrize("url", ["", "https://", "ftp://crm.example", "http://127.evil.example", "https://[::1"])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    assert wrong_url(url)
