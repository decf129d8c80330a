"""The text that Prometheus reads from a file: gauges written, and samples read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Gauge", "Sample", "read_samples", "render"]

_SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)')
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Sample:
    """One number of a gauge, told from the others by its labels."""

    gauge: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Gauge:
    """A number that may rise and fall; its name ends in its unit where it has one."""

    name: str
    help: str


def render(gauges: Iterable[Gauge], samples: Iterable[Sample]) -> str:
    """The gauges that have samples, each below its HELP and TYPE; of equal labels the last sample counts.

    >>> print(render([Gauge("users", "Users.")], [Sample("users", {"project": "shop"}, 3.0)]), end="")
    # HELP users Users.
    # TYPE users gauge
    users{project="shop"} 3
    """
    lines: dict[str, dict[str, str]] = {}
    for sample in samples:
        labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sample.labels.items())
        lines.setdefault(sample.gauge, {})[labels] = f"{sample.gauge}{{{labels}}} {sample.value:.15g}"
    parts = [
        [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} gauge", *lines[one.name].values()]
        for one in gauges
        if one.name in lines
    ]
    return "".join(f"{line}\n" for part in parts for line in part)


def read_samples(text: str) -> Iterator[Sample]:
    """The samples of a text that was rendered here; lines that are none are left out.

    >>> [sample.value for sample in read_samples('users{project="shop"} 3')]
    [3.0]
    """
    for line in text.splitlines():
        if found := _SAMPLE.fullmatch(line):
            labels = {name: _unescaped(written) for name, written in _LABEL.findall(found[2] or "")}
            yield Sample(found[1], labels, float(found[3]))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
