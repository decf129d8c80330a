"""What is still missing before there is something to see, and which command mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...tags.catalogue import Entry
from ..saying import Tongue
from ..site import Moment

__all__ = ["Hint", "hint_for"]


@dataclass(frozen=True)
class Hint:
    """What is missing, in a sentence, and the command to run."""

    title: str
    sentence: str
    command: str


def hint_for(moment: Moment, entries: Sequence[Entry], tongue: Tongue) -> Hint | None:
    """The next thing that the project lacks; None when every tag was scored."""
    config = f" --config {moment.workspace.project.path}"
    if moment.log() is None:
        return Hint(
            tongue("Nothing was brought in yet", "尚未导入数据"),
            tongue(
                "The project reads no events so far. Bring in the files that it names; tags come after that.",
                "项目还没有任何事件。请先导入项目文件中列出的数据，然后才会有标签。",
            ),
            f"limner ingest{config}",
        )
    if not entries:
        return Hint(
            tongue("The project has no tags yet", "项目尚无标签"),
            tongue("Declare one in the project file, then check it.", "请在项目文件中声明标签，然后检查。"),
            f"limner check{config}",
        )
    if any(entry.rows for entry in entries):
        return None
    if all(entry.status == "no model yet" for entry in entries):
        return Hint(
            tongue("The tags have not been learned yet", "标签尚未训练"),
            tongue(
                "The data is there. Let Limner learn from it, then score everybody.", "数据已就绪。请先训练，再打分。"
            ),
            f"limner train{config}",
        )
    return Hint(
        tongue("Nobody was scored yet", "尚未给任何用户打分"),
        tongue(
            "Everything is ready: score everybody once, and the tags appear here.", "一切就绪：打分一次，标签就会出现。"
        ),
        f"limner score{config}",
    )
