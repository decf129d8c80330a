"""A strict reader of Prometheus' text format, by its published rules and not by what Limner happens to write."""

from __future__ import annotations

import re
from pathlib import Path

Key = tuple[str, frozenset[tuple[str, str]]]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (-?[0-9.]+(?:e[+-][0-9]+)?)")
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')


def parsed(path: Path) -> dict[Key, float]:
    """Every sample by its name and labels; a line, an order or a duplicate that the format forbids fails."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    samples: dict[Key, float] = {}
    helped, typed = "", ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped = _told(line, helped, samples)
        elif line.startswith("# TYPE "):
            typed = _told(line, typed, samples)
            assert helped == typed
            assert line.endswith(" gauge")
        else:
            found = _SAMPLE.fullmatch(line)
            assert found is not None, line
            assert found[1] == typed
            key = (found[1], frozenset((name, _plain(value)) for name, value in _PAIR.findall(found[2] or "")))
            assert key not in samples, f"twice: {line}"
            samples[key] = float(found[3])
    return samples


def value(samples: dict[Key, float], name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def _told(line: str, before: str, samples: dict[Key, float]) -> str:
    """The name that a HELP or TYPE line is about; all samples of a name stand together below it."""
    name, rest = line.split(" ", 3)[2:]
    assert re.fullmatch(_NAME, name)
    assert rest
    assert name != before
    assert name not in {known for known, _ in samples}
    return name


def _plain(written: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], written)
