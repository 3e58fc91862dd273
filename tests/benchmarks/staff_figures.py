"""Staff found and customers taken for staff, on the frozen days."""

import numpy as np
from people_figures import SCENARIO, SEEDS, identified_day, staff_by_customer, stand_for


def staff_figures():
    """Recall of staff, share of customers taken for staff, and both in seconds."""
    staff, found, customers, wrong = 0, 0, 0, 0
    seconds = np.zeros((2, 2))
    for seed in SEEDS:
        day, _ = identified_day(seed)
        is_staff = day.tracked.day.world.people.is_staff
        match, names = stand_for(day)
        flagged = np.array([staff_by_customer(day).get(name, 0.0) > 0.5 for name in names])
        for person in range(len(is_staff)):
            own = np.flatnonzero(match.true_person == person)
            # The identity that stands for somebody is the one with most of their seconds.
            told = len(own) > 0 and bool(flagged[own[np.argmax(match.shared_s[own])]])
            staff, found = staff + is_staff[person], found + (is_staff[person] and told)
            customers = customers + (not is_staff[person])
            wrong += (not is_staff[person]) and told
        known = match.true_person >= 0
        for row in (0, 1):
            rows = known & (is_staff[np.maximum(match.true_person, 0)] == bool(row))
            seconds[row] += [match.shared_s[rows & ~flagged].sum(), match.shared_s[rows].sum()]
    detail = {
        **SCENARIO,
        "simulated": True,
        "staff": int(staff),
        "customers": int(customers),
        "staff_seconds_flagged": round(1 - seconds[1, 0] / seconds[1, 1], 3),
        "customer_seconds_flagged": round(1 - seconds[0, 0] / seconds[0, 1], 4),
    }
    return round(found / staff, 3), round(wrong / customers, 4), detail
