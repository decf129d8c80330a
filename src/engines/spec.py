"""What the project file says of the engine."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from ..specs import Spec

__all__ = ["EngineSpec", "SparkSpec"]


class SparkSpec(Spec):
    """A Spark cluster that shares the store's folder with this machine."""

    master: str
    """address of the cluster"""
    settings: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """settings of the Spark session, by their names in Spark"""

    @field_validator("master")
    @classmethod
    def _is_address(cls, master: str) -> str:
        if not re.fullmatch(r"(spark|k8s)://.+|yarn|local(\[[^]]+\])?", master):
            raise ValueError(f'"{master}" is not the address of a cluster; write it as in spark://host:7077')
        return master


class EngineSpec(Spec):
    """Where buckets are computed; on this machine unless a cluster is named."""

    spark: SparkSpec | None = None
    """a Spark cluster"""
