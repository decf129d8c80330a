"""The project file as a whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..engines.spec import EngineSpec
from ..events.spec import AttributesSpec, IngestSpec, SourceSpec
from ..features.spec import FeaturesSpec
from ..models.spec import TrainingSpec
from ..quantities import Duration
from ..specs import Spec
from ..tags.audience_spec import AudienceSpec
from ..tags.sinks.spec import SinkSpec
from ..tags.spec import TagSpec
from .web_spec import WebSpec

__all__ = ["ProjectSpec", "RetentionSpec"]


class RetentionSpec(Spec):
    """How long the store keeps what is not the newest; what is older, `limner vacuum` removes."""

    tags: Duration | None = None
    """how far back tags are kept; for ever when left out, and the newest of each tag in any case"""
    runs: int = Field(default=30, ge=0)
    """how many published states before the present one can be restored"""
    manifests: Duration = Duration(400 * 86_400)
    """how long manifests are kept of runs that wrote nothing which is kept"""
    readers: Duration = Duration(86_400)
    """how long files stay for readers who opened the store before something else was published"""


class ProjectSpec(Spec):
    """One project: its sources, features, tags and audiences."""

    version: Literal[1]
    """version of this format"""
    project: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """name of the project: small letters, digits and underscores"""
    store: str
    """folder, relative to the project, where events, snapshots and tags live"""
    clock: Literal["wall", "log"] = "wall"
    """what "now" is: the clock on the wall, or where the log ends"""
    max_staleness: Duration = Duration(3 * 86_400)
    """how far behind "now" a source may be when users are scored"""
    retention: RetentionSpec = RetentionSpec()
    """how long the store keeps what is not the newest"""
    engine: EngineSpec = EngineSpec()
    """where buckets are computed"""
    ingest: IngestSpec = IngestSpec()
    """how rows get into the log"""
    sources: dict[str, SourceSpec] = Field(min_length=1)
    """streams of events"""
    attributes: dict[str, AttributesSpec] = Field(default_factory=dict)
    """tables of facts about users"""
    features: FeaturesSpec
    """signals and what is computed from them"""
    training: TrainingSpec = TrainingSpec()
    """how models are searched, judged and let through"""
    tags: dict[str, TagSpec] = Field(default_factory=dict)
    """what is written on users"""
    audiences: dict[str, AudienceSpec] = Field(default_factory=dict)
    """users who are meant together"""
    sinks: dict[str, SinkSpec] = Field(default_factory=dict)
    """where audiences are sent"""
    web: WebSpec = WebSpec()
    """the pages and the API"""
