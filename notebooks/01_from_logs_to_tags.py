# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From logs to tags
#
# A year of real supermarket purchases (dunnhumby's Complete Journey) goes in; out come tags on every household: will
# it stay away for four weeks, with what chance, and why. On the way we cheat on purpose, to see what a leak costs.
#
# To keep this notebook quick it works on every fourth household, in a folder of its own.

# %%
import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.compute as pc

import limner
from limner.pipeline.demo_data import write_demo_data
from limner.progress import Silent

warnings.filterwarnings("ignore", message="IProgress not found")  # no bars are drawn here

BLUE, GREY, RED = "#2563a8", "#9aa3ad", "#c2412d"
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "figure.figsize": (7.5, 3.6)})

here = Path.cwd() if Path("configs").exists() else Path.cwd().parent
folder = Path(tempfile.mkdtemp(prefix="limner-"))
(folder / "configs").mkdir()
config = folder / "configs" / "demo.yaml"
quick = (
    (here / "configs" / "demo.yaml")
    .read_text()
    .replace("trials: 6", "trials: 3")
    .replace("bootstraps: 500", "bootstraps: 200")
)
config.write_text(quick)
write_demo_data(folder / "data" / "raw", Silent(), one_in=4)
demo = limner.open(config)

# %% [markdown]
# ## 1. Files become one event log
#
# Three sources, each mapped in the project file: basket lines, mailings, redeemed coupons. Rows that cannot be read as
# declared would go to quarantine with a reason. Ingesting the same files again changes nothing.

# %%
for source in demo.ingest().sources:
    print(f"{source.name:12} {source.rows_added:>8,} events, {source.rows_quarantined} in quarantine")
print("again:", sum(source.rows_added for source in demo.ingest().sources), "new events")

# %% [markdown]
# ## 2. What is known of a household at an instant
#
# Features are a pure function of the events *before* the cutoff. Each has a name, a unit and a sentence.

# %%
august = demo.features("lapse_28d", as_of="2017-08-01")
print(f"{august.num_rows} households, {august.num_columns - 2} features at {august['cutoff'][0]}")
household = august.slice(0, 1).to_pylist()[0]
for name in ("purchases_days_since_last", "purchases_active_days_28d", "spend_sum_84d", "spend_trend_7d_over_84d"):
    print(f"{name:28} {household[name]:10.2f}")

# %% [markdown]
# ## 3. What a leak would have cost
#
# Suppose somebody computes the features a week *after* the moment at which the prediction is needed. A week of the
# future looks harmless, and the backtest becomes splendid. Here both vectors are judged on the same outcomes by the
# same little model; the leaky one is then used as it would be in life, where that week has not happened yet.

# %%
from lightgbm import LGBMClassifier

WEEK = pd.Timedelta("7D")
honest = demo.dataset("lapse_28d").to_pandas().set_index(["user_id", "cutoff"])
labels = honest.pop("label")
cutoffs = honest.index.get_level_values("cutoff")
later = [demo.features("lapse_28d", as_of=str(cutoff + WEEK)).to_pandas() for cutoff in cutoffs.unique()]
leaky = pd.concat(later).assign(cutoff=lambda found: found["cutoff"] - WEEK).set_index(["user_id", "cutoff"])
leaky = leaky.reindex(honest.index)

columns = [name for name in honest if name in leaky and "_department_" not in name]
is_test = cutoffs == cutoffs.max()
is_past = cutoffs + pd.Timedelta("28D") <= cutoffs.max()


def fitted(vectors: pd.DataFrame) -> LGBMClassifier:
    model = LGBMClassifier(n_estimators=120, num_leaves=15, learning_rate=0.05, random_state=7, n_jobs=1, verbosity=-1)
    return model.fit(vectors.loc[is_past, columns], labels[is_past])


def found_in_top_tenth(model: LGBMClassifier, vectors: pd.DataFrame) -> float:
    chance = model.predict_proba(vectors.loc[is_test, columns])[:, 1]
    top = np.argsort(-chance, kind="stable")[: is_test.sum() // 10]
    return float(labels[is_test].to_numpy()[top].mean())


clean, cheat = fitted(honest), fitted(leaky)
shares = {
    "honest": found_in_top_tenth(clean, honest),
    "leaky, in the backtest": found_in_top_tenth(cheat, leaky),
    "leaky, in life": found_in_top_tenth(cheat, honest),
}
figure, axes = plt.subplots()
bars = axes.bar(list(shares), list(shares.values()), color=[BLUE, RED, RED], alpha=0.9, width=0.55)
axes.bar_label(bars, fmt="{:.0%}", padding=3)
axes.axhline(labels[is_test].mean(), color=GREY, lw=1, ls="--")
axes.set_ylabel("share that stays away")
axes.margins(y=0.15)
axes.set_xlabel("the tenth ranked highest by each; dashed: all households")
axes.set_title("A week of the future is splendid in the backtest and no help in life", loc="left")
plt.show()

# %% [markdown]
# Limner cannot make this mistake by accident: training and scoring call the same function, and it never sees an event
# at or after the cutoff.

# %% [markdown]
# ## 4. Training: judged forward in time, against rules
#
# The newest period whose outcomes are known is the test, and it is read once. Beside the model stand the rules that
# anybody would use without one.

# %%
result = demo.train(["lapse_28d"])
outcome = result.outcomes[0]
print(outcome.sentence)

# %%
measures = {name: found["average_precision"] for name, found in outcome.evaluation["measures"].items()}
names = sorted(measures, key=lambda name: measures[name]["value"])
values = [measures[name]["value"] for name in names]
below = [measures[name]["value"] - measures[name]["low"] for name in names]
above = [measures[name]["high"] - measures[name]["value"] for name in names]
test = outcome.evaluation["test"]
figure, axes = plt.subplots()
axes.barh(names, values, xerr=[below, above], color=[BLUE if name == "model" else GREY for name in names], height=0.6)
axes.axvline(test["positives"] / test["rows"], color=RED, lw=1, ls="--")
axes.set_xlabel("average precision on the newest period, with 95 % intervals; dashed: chance")
axes.set_title(f"Published is {outcome.evaluation['published']}: nothing else ranks surely better", loc="left")
plt.show()

# %% [markdown]
# ## 5. Tags on every household

# %%
demo.score()
current = demo.tags()
lapse = current["lapse_28d_probability"].drop_null().to_numpy()
figure, axes = plt.subplots()
axes.hist(lapse, bins=40, color=BLUE)
axes.set_xlabel("chance of staying away for 28 days")
axes.set_ylabel("households")
axes.set_title(f"Of {len(lapse)} households, about {lapse.sum():.0f} are expected to stay away", loc="left")
plt.show()

# %% [markdown]
# The portrait of the household with the highest chance, with reasons in words:

# %%
highest = current["user_id"][
    pc.index(current["lapse_28d_probability"], pc.max(current["lapse_28d_probability"])).as_py()
]
for tag in demo.portrait(highest.as_py()).as_dict()["tags"]:
    print(f"{tag['tag']:18} {tag.get('tier') or tag.get('value')}")
    for reason in tag["reasons"]:
        print(f"    {'+' if reason['contribution'] > 0 else '-'} {reason['en']}")
