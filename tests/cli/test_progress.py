import io

from rich.console import Console

from limner.cli.progress import Bar, Lines, watcher


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
