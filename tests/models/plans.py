from limner.features.bucket import Stream
from limner.features.plan import Feature, Plan, Signal

DAY = 86_400
RECENCY = Feature("purchases_days_since_last", "history", "purchases", "days_since_last", "purchases")
SPEND_7D = Feature("spend_sum_7d", "history", "spend", "sum", "spend", (7 * DAY,), decimals=2)
SPEND_28D = Feature("spend_sum_28d", "history", "spend", "sum", "spend", (28 * DAY,), decimals=2)
AGE = Feature("age", "attribute", "age", "attribute", "age", type="category", texts=("young", "old"))


def plan(*features: Feature) -> Plan:
    purchases = Stream("purchase")
    signals = {"purchases": Signal(purchases), "spend": Signal(purchases, "amount", "number", 2)}
    return Plan(features, signals, known_since=0)
