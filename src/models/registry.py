"""Runs and model versions in MLflow: what was trained from what, which version counts, and the way back.

Everything lives below `mlruns/` of the project: `mlflow.db` and `artifacts/`. A version is a bundle
and nothing is pickled. Aliases: `challenger` is the newest version, `champion` the one that scores.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from ..errors import DamagedError, GateError
from .bundle import Bundle, read_bundle, write_bundle
from .champion import export, point_to, pointer
from .registry_database import client_of

__all__ = ["Record", "Registry"]

_BEFORE = "champion_before"
_HASH = "bundle_hash"


@dataclass(frozen=True)
class Record:
    """What is kept of one training beside its bundle.

    `params` and `lineage` become parameters and tags of the run, `files` its other artifacts by name; `series`
    are metrics over time, each a list of a second and a value.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    series: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """The model versions of one project. `root` is the folder that holds `mlruns/`."""

    root: Path
    project: str
    client: Any
    experiment: str

    @classmethod
    def open(cls, root: Path, project: str) -> Self:
        """The registry of a project, made on first use. Runs that a killed process left open are ended.

        Raises:
            DamagedError: `mlflow.db` is no database.
            LockedError: another program holds it.
        """
        root = root.resolve()
        (root / "mlruns").mkdir(parents=True, exist_ok=True)
        client = client_of(root / "mlruns" / "mlflow.db")
        registry = cls(root, project, client, _experiment(client, project, (root / "mlruns" / "artifacts").as_uri()))
        registry._end_what_was_killed()
        return registry

    def record(self, bundle: Bundle, record: Record) -> Bundle:
        """The bundle as it was registered, its version filled in; it is the tag's challenger from then on."""
        name = self._model(bundle.tag)
        tags = {"limner.tag": bundle.tag, "limner.process": _this_process(), **record.lineage}
        run = self.client.create_run(self.experiment, run_name=bundle.tag, tags=tags)
        run_id = run.info.run_id
        self._ensure_model(name)
        source = f"{run.info.artifact_uri}/bundle"
        version = self.client.create_model_version(name, source, run_id=run_id, await_creation_for=0).version
        registered = bundle.at_version(str(version))
        self._log(run_id, record, registered)
        self.client.set_model_version_tag(name, str(version), _HASH, registered.hash)
        self.client.set_registered_model_alias(name, "challenger", str(version))
        self.client.set_terminated(run_id)
        return registered

    def promote(self, store_root: Path, tag: str, version: int | None = None) -> dict[str, Any]:
        """Make a version the champion, the challenger when left out; tells tag, version and the one before.

        The bundle is exported first, then the alias moves, and the pointer that scoring follows comes
        last: a promotion that was killed leaves the old champion at work, and can be repeated.

        Raises:
            GateError: there is no such version.
            DamagedError: a file of the version is not what was written.
        """
        chosen = self.version(tag, "challenger") if version is None else version
        if chosen is None:
            raise GateError(f"{tag} has no trained version to promote; train it first: limner train {tag}")
        before = self.version(tag, "champion")
        if before is not None and before != chosen:
            self.client.set_model_version_tag(self._model(tag), str(self._known(tag, chosen)), _BEFORE, str(before))
        self._make_champion(store_root, tag, chosen)
        return {"tag": tag, "version": chosen, "before": before}

    def rollback(self, store_root: Path, tag: str) -> dict[str, Any]:
        """Make the version champion again that was it before; tells tag, version and the one it replaces.

        Raises:
            GateError: there is no champion, or none before it.
        """
        current = self.version(tag, "champion")
        if current is None:
            raise GateError(f"{tag} has no champion to go back from; train it first: limner train {tag}")
        before = self.client.get_model_version(self._model(tag), str(current)).tags.get(_BEFORE)
        if before is None:
            raise GateError(
                f"{tag} has no champion before version {current}; name one: limner promote {tag} --version N"
            )
        self._make_champion(store_root, tag, int(before))
        return {"tag": tag, "version": int(before), "before": current}

    def version(self, tag: str, alias: str) -> int | None:
        """The version an alias of the tag points at, or None."""
        found = self._aliases(tag).get(alias)
        return None if found is None else int(found)

    def bundle(self, tag: str, version: int) -> Bundle:
        """The bundle that was registered as a version, every file of it checked.

        Raises:
            GateError: there is no such version.
            DamagedError: a file is not what was written.
        """
        return read_bundle(self.artifact(tag, version, "bundle"))

    def artifact(self, tag: str, version: int, name: str) -> Path:
        """Where a file or folder of a version is kept.

        Raises:
            GateError: there is no such version.
        """
        found = self.client.get_model_version(self._model(tag), str(self._known(tag, version)))
        return self.root / "mlruns" / "artifacts" / str(found.run_id) / "artifacts" / name

    def differences(self, store_root: Path) -> list[str]:
        """A sentence for each tag whose champion here is not the bundle that the store points at."""
        prefix = self._model("")
        names = [model.name for model in self.client.search_registered_models() if model.name.startswith(prefix)]
        found = (self._difference(store_root, name.removeprefix(prefix)) for name in sorted(names))
        return [sentence for sentence in found if sentence]

    def _difference(self, store_root: Path, tag: str) -> str | None:
        here = self.version(tag, "champion")
        try:
            there = pointer(store_root, tag)
        except DamagedError as error:
            return f"{tag}: {error}"
        if here is None and there is None:
            return None
        if here is None or there is None or str(here) != there.version:
            found = "nothing" if there is None else f"version {there.version}"
            expected = "nothing" if here is None else f"version {here}"
            return f"{tag}: the champion is {expected}, the store holds {found}; limner promote {tag} --version N"
        written = self.client.get_model_version(self._model(tag), str(here)).tags.get(_HASH)
        if written != there.hash:
            return (
                f"{tag}: version {here} in the store is not the one registered; limner promote {tag} --version {here}"
            )
        return None

    def _make_champion(self, store_root: Path, tag: str, version: int) -> None:
        bundle = self.bundle(tag, version)
        export(store_root, bundle)
        self.client.set_registered_model_alias(self._model(tag), "champion", str(version))
        point_to(store_root, bundle)

    def _log(self, run_id: str, record: Record, bundle: Bundle) -> None:
        for key, value in record.params.items():
            self.client.log_param(run_id, key, value)
        now = int(time.time() * 1000)
        numbers = [Metric(key, number, now, 0) for key, number in record.metrics.items()]
        for key, points in record.series.items():
            numbers += [Metric(key, number, second * 1000, step) for step, (second, number) in enumerate(points)]
        self.client.log_batch(run_id, metrics=numbers)
        with TemporaryDirectory() as folder:
            write_bundle(Path(folder) / "bundle", bundle)
            for name, content in record.files.items():
                (Path(folder) / name).write_bytes(content)
            self.client.log_artifacts(run_id, folder)

    def _known(self, tag: str, version: int) -> int:
        try:
            self.client.get_model_version(self._model(tag), str(version))
        except MlflowException as error:
            made = sorted(int(one.version) for one in self.client.search_model_versions(f"name = '{self._model(tag)}'"))
            there = f"there is {', '.join(map(str, made))}" if made else f"limner train {tag} makes one"
            raise GateError(f"{tag} has no version {version}; {there}") from error
        return version

    def _ensure_model(self, name: str) -> None:
        try:
            self.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _aliases(self, tag: str) -> Mapping[str, Any]:
        try:
            aliases: Mapping[str, Any] = self.client.get_registered_model(self._model(tag)).aliases
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}
        return aliases

    def _model(self, tag: str) -> str:
        return f"{self.project}.{tag}"

    def _end_what_was_killed(self) -> None:
        for run in self.client.search_runs([self.experiment], "attributes.status = 'RUNNING'"):
            if not _is_alive(run.data.tags.get("limner.process", "")):
                self.client.set_terminated(run.info.run_id, status="KILLED")


def _experiment(client: Any, project: str, location: str) -> str:
    """The project's experiment; one whose artifacts lie elsewhere, because the project was moved, is put aside."""
    found = client.get_experiment_by_name(project)
    if found is not None and found.artifact_location == location:
        return str(found.experiment_id)
    if found is not None:
        client.rename_experiment(found.experiment_id, f"{project}, before it was moved ({found.experiment_id})")
    return str(client.create_experiment(project, artifact_location=location))


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(process: str) -> bool:
    """Whether a process of this machine still runs; those of other machines are left alone."""
    host, _, number = process.rpartition(":")
    if host != socket.gethostname() or not number.isdigit():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
