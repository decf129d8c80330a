"""Complete Journey, the demo: who redeems a coupon of a campaign, and who stays away for four weeks.

Example: python -m benchmarks.quality.journey --budget 0
"""

from __future__ import annotations

from limner.errors import SourceError
from limner.pipeline.demo_data import write_demo_data
from limner.progress import Silent
from limner.timeline import instant

from .contest import learn
from .report import main_of
from .results import Published, Row, calibrated, judged
from .rivals import rivals_of
from .world import AbsentError, laid

EARLIER = "plain LightGBM on hand-made features, measured before Limner was there, no publication"
REDEMPTION = {
    ("plain lightgbm", "auc"): Published(0.825, EARLIER),
    ("plain lightgbm", "average_precision"): Published(0.516, EARLIER),
}
TASKS = {
    "coupon_redeem_30d": (instant("2017-10-02"), REDEMPTION),
    "lapse_28d": (None, {}),
}


def run(budget: int) -> list[Row]:
    """Campaigns that started after 2017-10-01, and lapses in the newest four weeks."""
    workspace = laid("journey")
    try:
        write_demo_data(workspace.project.root / "data" / "raw", Silent())
    except SourceError as error:
        raise AbsentError(str(error)) from error
    workspace.ingest()
    rows = []
    for tag, (test_start, figures) in TASKS.items():
        learned = learn(workspace, tag, test_start)
        contest = learned.contest("Complete Journey", tag)
        entries = [*learned.entries, *rivals_of(contest, budget)]
        rows += judged(contest, entries, ["auc", "average_precision"], figures)
        rows.append(calibrated(contest, learned.trained.published.chances))
    return rows


if __name__ == "__main__":
    main_of("Complete Journey", run, __doc__ or "")
