"""How well people were counted, followed, and told apart from staff.

- *visitor_error*: |entries in `gold.traffic_hourly` - true customers| / true customers.
- *idf1*, *hota*: identities on the floor, second by second, staff included (`identity_scores`).
- *staff_recall*, *staff_false_share*: true staff, and true customers, who spend most of the seconds
  in which they are seen as a customer of the lake that is more likely staff than not.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.audit.day import AuditDay, Crowd
from storeday.audit.figure import Figure, share
from storeday.audit.identity_scores import identity_scores
from storeday.contracts.columns import Bools, Floats, Ints, floats, position_in, texts

# More likely staff than not.
STAFF_ABOVE = 0.5


def people_figures(day: AuditDay) -> list[Figure]:
    """Figures of people; NaN where the truth does not tell."""
    return [_visitors(day), *_identities(day), *_staff(day)]


def relative_error(name: str, value: float, truth: float, count: int) -> Figure:
    """|value - truth| / truth; 1 without a value; NaN where the truth is 0 or not known."""
    known = np.isfinite(truth) and truth > 0
    ours = value if np.isfinite(value) else 0.0
    error = abs(ours - truth) / truth if known else float("nan")
    return Figure(name, float(error), count=count if known else 0, is_error=True)


def _visitors(day: AuditDay) -> Figure:
    people = day.inputs.truth.customers
    if people is None:
        return Figure("visitor_error", np.nan, is_error=True)
    customers = people.num_rows - int(pc.sum(people["is_staff"].cast(pa.int64())).as_py() or 0)
    entries = np.nansum(floats(day.inputs.table("gold.traffic_hourly")["entries"]))
    return relative_error("visitor_error", float(entries), float(customers), customers)


def _identities(day: AuditDay) -> list[Figure]:
    if day.crowd is None:
        return [Figure("idf1", np.nan), Figure("hota", np.nan)]
    scores = identity_scores(day.crowd.predicted, day.crowd.truth)
    count = len(day.crowd.true_names)
    return [Figure("idf1", scores.idf1, count=count), Figure("hota", scores.hota, count=count)]


def _staff(day: AuditDay) -> list[Figure]:
    people, crowd = day.inputs.truth.customers, day.crowd
    if people is None or crowd is None:
        return [
            Figure("staff_recall", np.nan),
            Figure("staff_false_share", np.nan, is_error=True),
        ]
    listed = position_in(texts(people["customer"]), crowd.true_names)
    flags = np.asarray(people["is_staff"].to_numpy(), bool)
    is_staff = np.zeros(len(crowd.true_names), bool)
    is_staff[listed[listed >= 0]] = flags[listed >= 0]
    taken, seen = _taken_for_staff(crowd, _staff_probability(day, crowd.predicted_names))
    false = share(
        "staff_false_share", int((taken & ~is_staff).sum()), int((seen & ~is_staff).sum())
    )
    return [
        share("staff_recall", int((taken & is_staff).sum()), int((seen & is_staff).sum())),
        Figure(false.name, false.value, false.low, false.high, false.count, is_error=True),
    ]


def _staff_probability(day: AuditDay, names: pa.Array) -> Floats:
    """Highest staff probability of each customer's visits; 0 where there is none."""
    visits = day.inputs.table("silver.visits")
    customer = position_in(texts(visits["customer_id"]), names)
    probability = np.nan_to_num(floats(visits["staff_probability"]))
    result = np.zeros(len(names))
    np.maximum.at(result, customer[customer >= 0], probability[customer >= 0])
    return result


def _taken_for_staff(crowd: Crowd, probability: Floats) -> tuple[Bools, Bools]:
    """True people taken for staff in most seconds seen, and true people seen at all."""
    person: Ints = crowd.found.true_person
    seconds = np.where(person >= 0, crowd.found.shared_s, 0).astype(float)
    people = len(crowd.true_names)
    known = person >= 0
    total = np.bincount(person[known], seconds[known], minlength=people)
    as_staff = known & (probability > STAFF_ABOVE)
    staff = np.bincount(person[as_staff], seconds[as_staff], minlength=people)
    return (staff > total / 2) & (total > 0), total > 0
