"""What the project file says of each kind of sink."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...specs import Spec

__all__ = ["CsvSinkSpec", "DeltaSinkSpec", "ParquetSinkSpec", "PostgresSinkSpec", "SinkSpec", "WebhookSinkSpec"]


class _Sink(Spec):
    columns: tuple[str, ...] = ()
    """what goes along with the user: rules and facts by name, parts of predictions such as churn_56d.tier"""


class _InAPlace(_Sink):
    path: str
    """where, relative to the project; {audience} in it is the audience's name"""


class CsvSinkSpec(_InAPlace):
    """A CSV file with the whole audience, replaced in one step."""

    kind: Literal["csv"]
    bom: bool = False
    """begin the file with a byte order mark, by which Excel knows UTF-8"""


class ParquetSinkSpec(_InAPlace):
    """A Parquet file with the whole audience, replaced in one step."""

    kind: Literal["parquet"]


class DeltaSinkSpec(_InAPlace):
    """A Delta table with a partition for each audience, for any engine to read."""

    kind: Literal["delta"]


class PostgresSinkSpec(_Sink):
    """A table in PostgreSQL, changed in one transaction."""

    kind: Literal["postgres"]
    dsn: str
    """how to connect: ${NAME} from the environment, or a text without a password"""
    table: str
    """the table, or schema.table; made where it is absent"""


class WebhookSinkSpec(_Sink):
    """A service that is told what changed, batch by batch."""

    kind: Literal["webhook"]
    url: str
    """where to: https, or ${NAME} from the environment"""
    secret: str
    """what batches are signed with: ${NAME} from the environment"""
    batch: int = Field(default=500, ge=1, le=10_000)
    """changes that are sent together"""
    attempts: int = Field(default=5, ge=1, le=20)
    """how often a batch is sent until the sync gives up; letters: in how many syncs one fails until it is dead"""


SinkSpec = Annotated[
    CsvSinkSpec | ParquetSinkSpec | DeltaSinkSpec | PostgresSinkSpec | WebhookSinkSpec, Field(discriminator="kind")
]
