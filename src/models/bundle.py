"""The champion as scoring reads it: a folder of texts, each with its sha256, written once and never changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from ..engines.files import canonical_json, replace_file
from ..errors import DamagedError, RefusedError
from ..features.plan import Plan
from .calibration import Calibration, parse_calibration
from .matrix import json_object
from .scorer import Scorer, parse_scorer
from .value.valuation import Valuation, parse_valuation

__all__ = ["PLAN", "Bundle", "read_bundle", "write_bundle"]

_FORMAT = 1
_MANIFEST = "manifest.json"
PLAN = "plan.json"
"""The file that holds the plan."""
_CALIBRATION, _CARD = "calibration.json", "card.json"


@dataclass(frozen=True)
class Bundle:
    """All that scoring needs of a trained tag, and the card that tells how good it is.

    `card` is plain JSON: grade, base_rate, trained_until, definition_hash, metrics, `norms`, the median
    of each feature in the cohort, and `spread`, quantiles of the forward scores. `calibration` tells chances of
    margins, or amounts.
    """

    tag: str
    version: str
    scorer: Scorer
    calibration: Calibration | Valuation
    plan: Plan
    card: Mapping[str, Any]

    @cached_property
    def contents(self) -> Mapping[str, str]:
        """The text of each file but the manifest, by name."""
        return {
            _model_file(self.scorer.form): self.scorer.to_text(),
            _CALIBRATION: self.calibration.to_json(),
            PLAN: self.plan.to_json(),
            _CARD: json.dumps(self.card, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n",
        }

    @cached_property
    def manifest(self) -> str:
        """What the folder holds, as canonical JSON: the sha256 of each file, by name."""
        files = {name: _sha256(text.encode()) for name, text in self.contents.items()}
        told = {"format": _FORMAT, "tag": self.tag, "version": self.version, "form": self.scorer.form}
        return canonical_json({**told, "files": files})

    @property
    def hash(self) -> str:
        """The sha256 of the manifest, and so of everything."""
        return _sha256(self.manifest.encode())

    def at_version(self, version: str) -> Self:
        """The same model under another version."""
        return replace(self, version=version)


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write the bundle as `folder`, whole or not at all. The same bundle there already is left as it is.

    Raises:
        RefusedError: the folder holds something else; a bundle is never changed.
    """
    if folder.exists() and any(folder.iterdir()):
        if read_bundle(folder).hash != bundle.hash:
            raise RefusedError(
                f"{_shown(folder)} holds another bundle, and a bundle is never changed: use a new version"
            )
        return
    fresh = folder.with_name(f".{folder.name}.{uuid4().hex}")
    try:
        for name, text in {**bundle.contents, _MANIFEST: bundle.manifest}.items():
            replace_file(fresh / name, text.encode())
        fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`; nothing of it is parsed before every file is found to be what was written.

    Raises:
        DamagedError: a file is missing, changed, or does not fit the others.
    """
    manifest = _manifest(folder)
    texts = {name: _checked(folder, name, written) for name, written in manifest["files"].items()}
    try:
        bundle = Bundle(
            tag=manifest["tag"],
            version=manifest["version"],
            scorer=parse_scorer(manifest["form"], texts[_model_file(manifest["form"])]),
            calibration=_parse_told(texts[_CALIBRATION]),
            plan=Plan.from_json(texts[PLAN]),
            card=json_object(texts[_CARD], "the card"),
        )
    except KeyError as error:
        raise _damaged(folder, _MANIFEST, f"it does not list {error}") from error
    if bundle.scorer.n_features != len(bundle.plan.features):
        found = f"{bundle.scorer.n_features} features of the model meet {len(bundle.plan.features)} of the plan"
        raise _damaged(folder, PLAN, found)
    if bundle.manifest != canonical_json(manifest):
        raise _damaged(folder, _MANIFEST, "it does not describe these files, or another Limner wrote them")
    return bundle


def _parse_told(text: str) -> Calibration | Valuation:
    is_of_amounts = json_object(text, "the calibration").get("of") == "amounts"
    return parse_valuation(text) if is_of_amounts else parse_calibration(text)


def _model_file(form: str) -> str:
    return "model.txt" if form == "forest" else "model.json"


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = json_object(_read(folder, _MANIFEST), f"{_MANIFEST} of {_shown(folder)}")
    if manifest.get("format") != _FORMAT:
        raise _damaged(folder, _MANIFEST, f"its format is {manifest.get('format')}, this Limner reads {_FORMAT}")
    texts, files = (manifest.get(key) for key in ("tag", "version", "form")), manifest.get("files")
    if not all(isinstance(text, str) for text in texts) or not isinstance(files, dict):
        raise _damaged(folder, _MANIFEST, "it lacks the tag, the version, the form or the files")
    return manifest


def _checked(folder: Path, name: str, written: object) -> str:
    if Path(name).name != name:
        raise _damaged(folder, _MANIFEST, f'"{name}" is not a file in the folder')
    text = _read(folder, name)
    found = _sha256(text.encode())
    if found != written:
        raise _damaged(folder, name, f"its sha256 begins with {found[:12]}, not {str(written)[:12]}")
    return text


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_bytes().decode()
    except FileNotFoundError as error:
        raise _damaged(folder, name, "it is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(folder, name, f"it cannot be read ({type(error).__name__})") from error


def _damaged(folder: Path, name: str, found: str) -> DamagedError:
    mend = "train and promote again, or limner rollback TAG"
    return DamagedError(f"{name} of {_shown(folder)} is not what was written: {found}; {mend}")


def _shown(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()
