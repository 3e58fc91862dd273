"""Pages over days and over stores: what is missing is told, sums are those of the tables."""

import dataclasses
import datetime as dt
import re

import pytest
from made_day import DATE, Change, layout, made, made_day, made_inputs

from storeday.report import DayRows, ReportInputs, chain_page, week_page

DATES = [DATE - dt.timedelta(days=back) for back in reversed(range(3))]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section(page: str, name: str) -> str:
    return re.search(rf'<section class="part" id="{name}".*?</section>', page, re.DOTALL).group()


def open_daily(day: DayRows) -> DayRows:
    hours = dict.fromkeys(("wed", "thu", "fri"), (dt.time(9), dt.time(19)))
    opening = day.layout.opening_hours.model_copy(update={"days": hours})
    changed = day.layout.model_copy(update={"opening_hours": opening})
    return dataclasses.replace(day, layout=changed)


def named(inputs: ReportInputs, store: str) -> ReportInputs:
    changed = inputs.today.layout.model_copy(update={"store_id": store})
    return dataclasses.replace(inputs, today=dataclasses.replace(inputs.today, layout=changed))


def unpublished(day: DayRows) -> DayRows:
    tables = {**day.tables, "ops.published_days": made("ops.published_days", [])}
    return dataclasses.replace(day, tables=tables)


def test_a_week_says_which_day_is_not_published_and_sums_the_others():
    days = [open_daily(made_day(date=date)) for date in DATES]
    page = week_page(layout(), DATES, [days[0], unpublished(days[1]), days[2]])
    assert "1 of 3 days not published" in words(page)
    assert "Thu 19 Nov not published not published" in words(section(page, "days"))
    visits = sum(
        row["entries"] for row in days[0].rows("gold.zone_hourly") if row["zone_id"] == "coats"
    )
    assert f"Coats {2 * visits} {visits} {visits}" in words(section(page, "zones"))
    assert "Trench coats 88" in words(section(page, "products"))


def test_conversion_over_days_leaves_out_days_on_which_handling_was_not_seen():
    seen, deaf = made_day(date=DATES[0]), made_day(Change(has_rfid=False), DATES[1])
    page = week_page(layout(), DATES[:2], [open_daily(seen), open_daily(deaf)])
    # Handled 44 times and bought 9 times on the one day, bought 9 times on the other.
    assert re.search(r"Trench coats 44 39 to 50 18 20%", words(section(page, "products")))


def test_an_hour_not_seen_is_hatched_in_a_week():
    day = open_daily(made_day(Change(lost_camera_hour=14)))
    hours = section(week_page(layout(), DATES[-1:], [day]), "hours")
    assert hours.count('class="unseen"') == 2  # the wide drawing and the narrow one
    assert 'aria-label="Fri 20 Nov, 14:00–15:00, not seen"' in hours


def test_a_week_without_a_published_day_is_refused():
    with pytest.raises(ValueError, match="no day of 2026-11-18 to 2026-11-20 is published"):
        week_page(layout(), DATES, [unpublished(made_day())])


def test_a_chain_puts_stores_in_order_and_says_what_cannot_be_compared():
    stores = [
        named(made_inputs(Change(visitors=0.5)), "small"),
        named(made_inputs(Change(visitors=2.0), weeks=0), "new"),
        named(ReportInputs(unpublished(made_day())), "late"),
    ]
    page = chain_page(DATE, stores)
    table = words(section(page, "stores"))
    assert table.index("new nothing to compare with") < table.index("small") < table.index("late")
    assert "late not published not published" in table
    assert "not published: late" in words(page)
    assert "customer-" not in page


def test_a_chain_without_a_published_store_is_refused():
    with pytest.raises(ValueError, match="no store is published"):
        chain_page(DATE, [ReportInputs(unpublished(made_day()))])
