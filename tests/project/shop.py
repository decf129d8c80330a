"""A small project file, and what is said of it once something in it is changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.errors import SpecError
from limner.project import load

SHOP = """\
version: 1
project: shop
store: data/shop
sources:
  purchases:
    read: purchases.csv
    event_type: purchase
    user_id: customer
    event_time: bought_at
    properties:
      amount: {column: amount, type: number}
      department: {column: department, type: category}
      online: {column: online, type: flag}
  mailings:
    read: mailings.csv
    event_type: mailed
    user_id: customer
    event_time: sent_on
    properties:
      department: {column: department, type: category}
      cost: {column: cost, type: number}
attributes:
  customers: {read: customers.csv, user_id: customer, columns: {region: category, age: number}}
features:
  windows: [7d, 28d]
  signals:
    visits: {event_type: purchase}
    spend: {event_type: purchase, value: amount}
    kinds: {event_type: purchase, value: department}
    letters: {event_type: mailed, where: "department = 'TOYS'"}
  aggregates:
    visits: [count, days_since_last, trend]
    spend: [sum, std, last]
    kinds: [distinct]
  by:
    department: {signal: spend, aggregate: share, windows: [28d]}
  attributes: [region]
training: {gate: {accept_alarms: [too_good]}}
tags:
  lapse:
    kind: predictive
    cohort: {event_type: purchase, within: 28d}
    target: {absent: purchase, horizon: 28d}
    cutoffs: {every: 28d}
    tiers: {high: 10%, low: 90%}
  answer:
    kind: predictive
    cutoffs: {on: mailed, known: [cost]}
    target: {event_type: purchase, same: department, horizon: 7d}
  class:
    kind: rule
    classes: {fond: spend_department_toys_share_28d > 0.5, big: spend_sum_28d >= 500 and region = 'NORTH'}
    otherwise: other
  age: {kind: fact, attribute: age}
"""

_HEAD = re.compile(r"^shop\.yaml:\d+:\d+ ", re.MULTILINE)


def changed(*changes: tuple[str, str]) -> str:
    text = SHOP
    for old, new in changes:
        assert text.count(old) == 1, f"{old} is not once in the shop"
        text = text.replace(old, new)
    return text


def refusal(folder: Path, text: str | bytes) -> str:
    """The message about a project file, as its folder sees it."""
    path = folder / "shop.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecError) as caught:
        load(path)
    return str(caught.value).replace(f"{folder.as_posix()}/", "")


def mistakes(folder: Path, text: str) -> list[str]:
    """The mistakes alone, each as `path: sentence`."""
    lines = refusal(folder, text).splitlines()
    return [_HEAD.sub("", line) for line in lines if _HEAD.match(line)]
