# ruff: noqa: E501 - whole sentences, one a line
from pathlib import Path

import pytest

from limner.project.document import read_document
from tests.project.shop import changed, mistakes, refusal


def test_words_that_other_readers_take_for_something_else_stay_words() -> None:
    text = "on: off\na: yes\nb: 2024-01-01\nc: 1_000\nd: 1:30\ne: 0x10\nf: True\n"

    assert read_document(text).value == {
        "on": "off", "a": "yes", "b": "2024-01-01", "c": "1_000", "d": "1:30", "e": "0x10", "f": "True",
    }  # fmt: skip


def test_plain_numbers_flags_and_nothing_are_read() -> None:
    text = "a: 7\nb: -1.50\nc: true\nd: ~\ne:\nf: '7'\n"

    assert read_document(text).value == {"a": 7, "b": -1.5, "c": True, "d": None, "e": None, "f": "7"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version: 1", "version: 01", 'version: 01 could be read as two numbers; write 1 or "01"'),
        ("version: 1", "version: true", "version: true is not a number"),
        ("version: 1", "version: " + "9" * 5000, f'version: "{"9" * 50}'),
        ("project: shop", "project: 012", 'project: 012 could be read as two numbers; write 12 or "012"'),
        ("project: shop", "project: shop\nproject: shop", 'project: the key "project" stands here twice; keep one of them'),
        ("project: shop", "project: !env SHOP", "project: the tag !env is not allowed here; write the value alone"),
        ("project: shop", "project: !!int shop", "project: the tag !!int is not allowed here; write the value alone"),
        ("project: shop", "project: !!python/name:os.system x", "project: the tag !!python/name:os.system is not"),
        ("windows: [7d, 28d]", "windows: !!omap [7d, 28d]", "features.windows: the tag !!omap is not allowed here; write the value alone"),
        ("training: {", "training: !env {", "training: the tag !env is not allowed here; write the value alone"),
        ("[region]\n", "&all [region]\n  burn_in: *all\n", "features.burn_in: *all is an alias, which is not allowed; write its value out"),
        ("training: {", "training: {<<: {}, ", "training.<<: merge keys are not allowed; write the keys out"),
        ("training: {", "training: {[a]: 1, ", "training.?: a key must be a plain word"),
        ("training: {", "training: {1: 1, ", 'training.1: unknown key "1"; allowed: bootstraps, folds, gate, minutes, monotone, seed, segments, selection, threads, trials'),
    ],
    ids=lambda text: text[:24],
)  # fmt: skip
def test_what_yaml_reads_by_surprise_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    (found,) = mistakes(tmp_path, changed((old, new)))

    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "shop.yaml:1:1 is not a mapping of keys; a project file begins with version: 1"),
        (b"# nothing yet\n", "shop.yaml:1:1 is not a mapping of keys; a project file begins with version: 1"),
        (b"- version: 1\n", "shop.yaml:1:1 is not a mapping of keys; a project file begins with version: 1"),
        (b"version: 1\n---\nversion: 1\n", "shop.yaml:2:1 cannot be read: a second document begins here; a project file is one"),
        (b"sources:\n\tpurchases: {}\n", "shop.yaml:2:1 cannot be read: a tab indents this line; YAML wants blanks"),
        (b"sinks: {a: {path: {b}.csv}}\n", "shop.yaml:1:22 cannot be read: expected ',' or '}', but got '<scalar>'"),
        (b"sinks: {a: {path: out/{b}.csv}}\n", "shop.yaml:1:23 cannot be read: expected ',' or '}', but got '{'; put the text in quotes"),
        (b"store: %data\n", "shop.yaml:1:8 cannot be read: found character '%' that cannot start any token; put the text in quotes"),
        (b"store: a: b\n", "shop.yaml:1:9 cannot be read: mapping values are not allowed here"),
        (b"store: \x1b[31m\n", "shop.yaml:1:8 cannot be read: the character U+001B is not allowed; remove it"),
        (b"version: 1\nstore: caf\xe9\n", "shop.yaml:2 is not UTF-8 text; save the file as UTF-8"),
        (b"a: " + b"[" * 5000, "shop.yaml:1:43 cannot be read: more than 40 levels stand inside each other"),
    ],
    ids=lambda text: text[:12].decode("latin-1") if isinstance(text, bytes) else "",
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, text: bytes, expected: str) -> None:
    message = refusal(tmp_path, text)

    assert expected in message.splitlines()
    assert "\x1b" not in message


def test_aliases_cannot_turn_in_circles_or_grow_without_end(tmp_path: Path) -> None:
    laughs = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 60))

    message = refusal(tmp_path, f"a: &a {{b: *a}}\nl0: &l0 [x]\n{laughs}\n")

    assert "a.b: *a is an alias, which is not allowed; write its value out" in message


def test_a_message_holds_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, changed(("project: shop", 'project: "a\\e[31m\\nb"')))

    assert found.startswith('project: "a\N{REPLACEMENT CHARACTER}[31m b" is not a name;')


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    text = changed(("version: 1", "version: 2")).encode()

    assert refusal(tmp_path, b"\xef\xbb\xbf" + text) == refusal(tmp_path, text)


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    text = changed(("store: data/shop", "store: s3://data"))

    assert mistakes(tmp_path, text.replace("\n", "\r\n")) == mistakes(tmp_path, text)
