import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from limner.errors import DamagedError, RefusedError
from limner.models.bundle import Bundle, read_bundle, write_bundle
from limner.models.calibration import Calibration
from limner.models.linear import LinearScorer, NumberTerm
from limner.models.rule import RuleScorer
from limner.models.scorer import Scorer, parse_scorer

from .boosters import Shape, text
from .plans import AGE, RECENCY, SPEND_7D, plan

RULE = RuleScorer(2, 0, "low", -99.0, -9.0)
CARD = {"grade": "A", "norms": {RECENCY.name: 9.0}, "title": "流失"}
BUNDLE = Bundle("churn", "3", RULE, Calibration("platt", 0.1, -1.0), plan(RECENCY, AGE), CARD)
FILES = ("calibration.json", "card.json", "manifest.json", "model.json", "plan.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "churn" / "3", BUNDLE)
    return tmp_path / "churn" / "3"


def scorers() -> dict[str, Callable[[], Scorer]]:
    return {
        "rule": lambda: RULE,
        "linear": lambda: LinearScorer(0.1, (NumberTerm(0.0, 1.0, 0.3), NumberTerm(0.0, 1.0, -0.3))),
        "forest": lambda: parse_scorer("forest", text(Shape(rounds=2))),
    }


@pytest.mark.parametrize("form", ["rule", "linear", "forest"])
def test_a_bundle_comes_back_as_it_was(form: str, tmp_path: Path) -> None:
    scorer = scorers()[form]()
    written = replace(BUNDLE, scorer=scorer, plan=plan(*[SPEND_7D] * scorer.n_features))
    X = np.ones((3, scorer.n_features), np.float32)

    write_bundle(tmp_path / "b", written)
    found = read_bundle(tmp_path / "b")

    assert (found.tag, found.version, found.hash, found.card) == ("churn", "3", written.hash, CARD)
    assert (found.plan, found.calibration, found.scorer.form) == (written.plan, written.calibration, form)
    np.testing.assert_array_equal(found.scorer.margin(X), scorer.margin(X))


def test_the_folder_holds_five_files_and_nothing_else(folder: Path) -> None:
    assert tuple(sorted(path.name for path in folder.iterdir())) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["3"]
    assert BUNDLE.hash == sha256((folder / "manifest.json").read_bytes()).hexdigest()


def test_the_hash_depends_on_everything() -> None:
    others = [
        BUNDLE.at_version("4"),
        replace(BUNDLE, tag="other"),
        replace(BUNDLE, scorer=replace(RULE, worst=-100.0)),
        replace(BUNDLE, calibration=Calibration("none")),
        replace(BUNDLE, plan=plan(RECENCY, SPEND_7D)),
        replace(BUNDLE, card={**CARD, "grade": "B"}),
    ]

    assert len({BUNDLE.hash, *(other.hash for other in others)}) == 7


def test_the_same_bundle_again_changes_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    write_bundle(folder, BUNDLE)

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_another_bundle_never_replaces_one(folder: Path) -> None:
    with pytest.raises(RefusedError, match="churn/3 holds another bundle"):
        write_bundle(folder, replace(BUNDLE, card={}))

    assert read_bundle(folder).card == CARD


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()

    write_bundle(tmp_path / "b", BUNDLE)

    assert read_bundle(tmp_path / "b").hash == BUNDLE.hash


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, content: bytes) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("limner.models.bundle.replace_file", fail)

    with pytest.raises(OSError, match="disk full"):
        write_bundle(tmp_path / "b", BUNDLE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named_with_how_to_mend_it(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content.replace(b"1", b"2") if name == "manifest.json" else content + b" ")

    with pytest.raises(
        DamagedError, match=rf"{name} of churn/3 is not .*train and promote again, or limner rollback TAG"
    ):
        read_bundle(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(DamagedError, match=rf"{name} of churn/3 is not what was written: it is missing"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 2}, "its format is 2"),
        ({"tag": None}, "lacks the tag"),
        ({"files": []}, "lacks the tag, the version, the form or the files"),
        ({"files": {}}, "does not list 'model.json'"),
        ({"files": {"../3/card.json": "x"}}, "is not a file in the folder"),
        ({"extra": 1}, "another Limner wrote them"),
    ],
)
def test_a_wrong_manifest_is_refused(folder: Path, change: dict[str, object], sentence: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))

    with pytest.raises(DamagedError, match=sentence):
        read_bundle(folder)


def test_a_model_of_another_width_than_the_plan_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b", replace(BUNDLE, plan=plan(RECENCY)))

    with pytest.raises(DamagedError, match="2 features of the model meet 1 of the plan"):
        read_bundle(tmp_path / "b")


def test_reading_a_forest_imports_nothing_that_only_training_needs(tmp_path: Path) -> None:
    scorer = parse_scorer("forest", text(Shape(rounds=2)))
    write_bundle(tmp_path / "b", replace(BUNDLE, scorer=scorer, plan=plan(*[SPEND_7D] * 6)))
    script = (
        "import sys; from pathlib import Path; from limner.models import bundle, explain\n"
        f"bundle.read_bundle(Path({str(tmp_path / 'b')!r}))\n"
        "print([name for name in ('lightgbm', 'sklearn', 'mlflow', 'shap', 'pandas') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "[]"
