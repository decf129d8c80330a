"""A condition over tags as SQL: columns by their names in `current`, literals as bound parameters alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...engines.duck import quoted
from ...errors import SpecError
from .declared import Project
from .grammar import Compared, Connected, InAudience, Lacking, Node, Not, OneOf, Value, parsed
from .vocabulary import Column, Vocabulary

__all__ = ["Condition", "compiled", "compiled_tree", "in_list", "list_table", "members_text"]

_MOST = 2_000
"""Comparisons that a condition may have, those of the audiences in it included."""
_WRITTEN_TYPES = {"number": "DECIMAL(38, 9)", "flag": "BOOLEAN"}


@dataclass(frozen=True)
class Condition:
    """A condition as SQL over the present values of tags; a user matches where it is true, and not where it is null.

    `tree` is what was read. `parameters` are its literals, by the names that stand for them in `sql`. `columns` are
    those of `current` that it reads and `tags` the tags they belong to, in the order in which they are first mentioned,
    those of the audiences in it included. `audiences` are all audiences that it rests on, `within` those of them that
    it asks to be in, and `lists` those that are lists of users: tables with a column `user_id`.
    """

    text: str
    tree: Node
    sql: str
    parameters: dict[str, object]
    columns: tuple[Column, ...]
    audiences: tuple[str, ...]
    within: tuple[str, ...]
    lists: tuple[str, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that it mentions."""
        return tuple(dict.fromkeys(column.tag for column in self.columns))


def compiled(project: Project, text: str, prefix: str = "p") -> Condition:
    """The condition that a text over tags and audiences means.

    Args:
        prefix: what the names of its parameters begin with, so that several conditions can stand in one query.

    Raises:
        SpecError: the text, or that of an audience in it, cannot be read, names what the project lacks, compares what
            cannot be compared, uses what is not allowed, or leads in a circle.
    """
    writer = _Writer(project, prefix)
    return writer.condition(text, parsed(text, writer.vocabulary))


def compiled_tree(project: Project, tree: Node) -> Condition:
    """The condition that a part of another means, which was read already and so has no text."""
    return _Writer(project, "p").condition("", tree)


def in_list(name: str) -> Condition:
    """The condition of standing in the list of an audience, which says nothing of whom it suppresses."""
    return Condition(members_text(name), InAudience(name), _listed(name), {}, (), (name,), (name,), (name,))


def members_text(name: str) -> str:
    """The text of the condition of being in an audience.

    >>> members_text("save_now")
    "audience('save_now')"
    """
    return f"audience('{name}')"


def list_table(name: str) -> str:
    """What the table with the users of a list is called."""
    return f"list {name}"


@dataclass
class _Writer:
    project: Project
    prefix: str
    parameters: dict[str, object] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    audiences: dict[str, None] = field(default_factory=dict)
    within: dict[str, None] = field(default_factory=dict)
    lists: dict[str, None] = field(default_factory=dict)
    trees: dict[str, Node] = field(default_factory=dict)
    comparisons: int = 0

    def __post_init__(self) -> None:
        self.vocabulary = Vocabulary(self.project.spec)

    def condition(self, text: str, tree: Node) -> Condition:
        """The condition that the tree means."""
        sql = self.sql(tree, ())
        columns, named = tuple(self.columns.values()), (self.audiences, self.within, self.lists)
        return Condition(text, tree, sql, self.parameters, columns, *map(tuple, named))

    def sql(self, node: Node, inside: tuple[str, ...], *, is_asked: bool = True) -> str:
        """SQL of the tree; `inside` are the audiences that it is part of, `is_asked` whether it shall be true."""
        if isinstance(node, Connected):
            parts = (self.sql(part, inside, is_asked=is_asked) for part in node.parts)
            return f"({f' {node.connective} '.join(parts)})"
        if isinstance(node, Not):
            return f"(NOT {self.sql(node.inner, inside, is_asked=not is_asked)})"
        if isinstance(node, InAudience):
            return self.membership(node.name, inside, is_asked=is_asked)
        return self._comparison(node)

    def membership(self, name: str, inside: tuple[str, ...], *, is_asked: bool) -> str:
        """SQL of being in an audience, which is true or false."""
        if name in inside:
            circle = " -> ".join([*inside[inside.index(name) :], name])
            raise SpecError(f"audiences.{name}: leads in a circle: {circle}; no audience can rest on itself")
        self.audiences[name] = None
        if is_asked:
            self.within[name] = None
        spec, within = self.project.spec.audiences[name], (*inside, name)
        for other in spec.suppress:
            self.vocabulary.require_audience(other)
        if spec.users is not None:
            self.lists[name] = None
            own = _listed(name)
        else:
            own = f"coalesce({self.sql(self._tree(name), within, is_asked=is_asked)}, false)"
        kept = [f"(NOT {self.membership(other, within, is_asked=not is_asked)})" for other in spec.suppress]
        return f"({' AND '.join([own, *kept])})"

    def _tree(self, name: str) -> Node:
        """The condition of an audience, read once."""
        if name not in self.trees:
            self.trees[name] = parsed(self.project.spec.audiences[name].where or "", self.vocabulary)
        return self.trees[name]

    def _comparison(self, node: Compared | OneOf | Lacking) -> str:
        column = self._column(node.column)
        if isinstance(node, Lacking):
            return f"({column} IS NULL)"
        if isinstance(node, OneOf):
            return f"({column} IN ({', '.join(self._value(node.column, one) for one in node.values)}))"
        return f"({column} {node.symbol} {self._value(node.column, node.value)})"

    def _column(self, column: Column) -> str:
        self.comparisons += 1
        if self.comparisons > _MOST:
            raise SpecError(f"the condition has more than {_MOST:,} comparisons, those of its audiences included")
        self.columns.setdefault(column.name, column)
        name = quoted(column.name)
        return f"TRY_CAST({name} AS {_WRITTEN_TYPES[column.type]})" if column.is_written else name

    def _value(self, column: Column, value: Value) -> str:
        name = f"{self.prefix}{len(self.parameters)}"
        is_float = column.type == "number" and not column.is_written
        self.parameters[name] = float(value) if is_float else value
        return f"${name}"


def _listed(name: str) -> str:
    return f"(user_id IN (SELECT user_id FROM {quoted(list_table(name))}))"
