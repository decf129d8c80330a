import io

import pytest
from rich.console import Console

from limner.cli.progress import Bar, Lines, watcher
from limner.progress import tracked


def console(is_terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100)


def printed(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


def test_a_log_gets_a_line_at_each_quarter() -> None:
    out = console(is_terminal=False)

    with Lines(out) as lines:
        lines.start("Search", 8)
        for trial in range(8):
            lines.step(f"best {trial}")

    assert printed(out).splitlines() == [
        "Search",
        "Search: 2 of 8, best 1",
        "Search: 4 of 8, best 3",
        "Search: 6 of 8, best 5",
        "Search: 8 of 8, best 7",
    ]


@pytest.mark.parametrize(
    ("seconds", "left"), [(0.1, ""), (0.25, ", 1 s left"), (29.0, ", 87 s left"), (40.0, ", 2 min left")]
)
def test_a_log_is_told_how_long_the_rest_will_take(seconds: float, left: str) -> None:
    out, ticks = console(is_terminal=False), iter([0.0, seconds])

    with Lines(out, lambda: next(ticks)) as lines:
        lines.start("Score", 4)
        lines.step("9 rows/s")

    assert printed(out).splitlines() == ["Score", f"Score: 1 of 4, 9 rows/s{left}"]


def test_a_log_is_told_how_many_rows_there_are_in_a_second() -> None:
    out = console(is_terminal=False)

    with Lines(out) as lines:
        assert list(tracked([3, 4], "Score", 2, lines, rows=int)) == [3, 4]

    assert [line.rsplit(maxsplit=2)[-1] for line in printed(out).splitlines()] == ["Score", "rows/s", "rows/s"]


def test_a_terminal_gets_a_bar() -> None:
    out = console(is_terminal=True)

    with Bar(out) as bar:
        bar.start("Search", 2)
        bar.step("best .8")
        bar.say("note")

    assert "Search" in printed(out)
    assert "1/2" in printed(out)
    assert "note" in printed(out)


def test_the_watcher_fits_the_console() -> None:
    assert isinstance(watcher(console(is_terminal=True)), Bar)
    assert isinstance(watcher(console(is_terminal=False)), Lines)
