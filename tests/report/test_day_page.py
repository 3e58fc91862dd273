"""The page of a store-day by its text: nothing from outside, nobody's pseudonym, no false zero."""

import dataclasses
import json
import re

import numpy as np
import pytest
from made_day import Change, empty_day, layout, made, made_day, made_inputs

from storeday.report import ReportInputs, day_page
from storeday.report.palette import VIRIDIS
from storeday.report.unseen import cells_in_view

MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def full():
    return day_page(made_inputs())


def section(page: str, name: str) -> str:
    found = re.search(rf'<section class="part" id="{name}".*?</section>', page, re.DOTALL)
    assert found, f"no section {name}"
    return found.group()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_nothing_outside_is_named(full):
    assert not re.search(
        r"""(?:src|href|url\(|action|@import)\s*=?\s*["']?\s*(?:https?:)?//""", full
    )
    assert re.findall(r"<(?:link|iframe|object|embed|base)\b", full) == []
    assert "default-src 'none'" in full
    assert len(full.encode()) < MOST_BYTES


def test_every_section_of_a_full_day_has_something(full):
    assert 'class="missing"' not in full
    for name in ("floor", "traffic", "flows", "zones", "products", "queue", "handled", "coverage"):
        assert section(full, name)


def test_no_pseudonym_of_a_person_stands_on_the_page(full):
    assert "customer-" not in full


def test_staff_are_not_listed(full):
    assert "35 times a product was moved" in words(section(full, "handled"))


def test_it_says_that_nothing_was_verified(full):
    trust = words(section(full, "trust"))
    assert "No figure on this page was verified in this store" in trust
    assert (
        trust.count("not verified in this store") + trust.count("Not verified in this store") == 7
    )


def test_labels_of_the_store_verify_what_they_measured():
    figure = {
        "audited_against": "store_labels",
        "figure": "visitor_error",
        "value": 0.02,
        "rests_on": 50,
        "unit": "1",
        "is_error": True,
        "audited_at": made_day().rows("ops.runs")[0]["started_at"],
    }
    inputs = with_tables(made_inputs(), {"ops.audit_figures": made("ops.audit_figures", [figure])})
    trust = words(section(day_page(inputs), "trust"))
    assert trust.startswith("How sure is this? Measured against labels of this store")
    assert trust.count("Verified with labels of this store") == 1


def test_a_day_audited_against_simulated_truth_is_called_simulated(full):
    figure = {
        "audited_against": "simulated", "figure": "flow_tv", "value": 0.2, "rests_on": 50,
        "unit": "1", "is_error": True, "audited_at": made_day().rows("ops.runs")[0]["started_at"],
    }  # fmt: skip
    inputs = with_tables(made_inputs(), {"ops.audit_figures": made("ops.audit_figures", [figure])})
    assert 'href="#trust">simulated day</a>' in day_page(inputs)
    assert "says nothing of a real store" in words(section(day_page(inputs), "trust"))
    assert "simulated day</a>" not in full


def with_tables(inputs: ReportInputs, tables: dict) -> ReportInputs:
    today = dataclasses.replace(inputs.today, tables={**inputs.today.tables, **tables})
    return dataclasses.replace(inputs, today=today)


def test_the_same_rows_in_any_order_give_the_same_page(full):
    draw = np.random.default_rng(3)
    inputs = made_inputs()
    shuffled = {
        name: rows.take(draw.permutation(rows.num_rows))
        for name, rows in inputs.today.tables.items()
    }
    assert day_page(with_tables(inputs, shuffled)) == full


def test_the_embedded_numbers_are_those_of_the_table(full):
    data = json.loads(re.search(r'id="data">(.*?)</script>', full, re.DOTALL).group(1))["heat"]
    rows = made_day().rows("gold.heatmap_hourly")
    found = {}
    for hour, (steps, visits, stays, picked) in enumerate(data["hours"]):
        for cell, *values in zip(np.cumsum(steps).tolist(), visits, stays, picked, strict=True):
            found[hour + 9, cell % data["columns"], cell // data["columns"]] = values
    assert found == {
        (row["local_hour"], row["cell_x"], row["cell_y"]): [
            row["visits"],
            round(row["stay_s"]),
            row["pick_ups"],
        ]
        for row in rows
    }


def test_what_a_mask_hides_was_not_seen():
    in_view = cells_in_view(layout(), 0.5)
    fitting = np.zeros((18, 28), bool)
    fitting[12:, 22:] = True
    assert not in_view["back"][fitting].any()
    assert in_view["back"][~fitting & (np.arange(28) >= 10)].all()
    assert in_view["front"][:, :18].all()
    assert not in_view["front"][:, 18:].any()


def test_changes_are_against_the_median_of_the_same_weekday():
    headline = words(
        re.search(
            r'<section class="headline".*?</section>', day_page(made_inputs()), re.DOTALL
        ).group()
    )
    visitors = [
        sum(r["entries"] for r in day.rows("gold.traffic_hourly")) for day in made_inputs().earlier
    ]
    today = sum(r["entries"] for r in made_day().rows("gold.traffic_hourly"))
    change = round(100 * (today - np.median(visitors)) / np.median(visitors))
    assert f"Visitors {today} +{change}%" in headline
    assert "Changes are against the median of Fri 13 Nov and Fri 6 Nov" in headline


def test_of_a_day_seen_in_part_only_the_hours_seen_are_compared():
    page = day_page(made_inputs(Change(lost_camera_hour=14)))
    headline = words(re.search(r'<section class="headline".*?</section>', page, re.DOTALL).group())
    assert re.search(r"Visitors ≥ 226 (\+\d+%|same as before) in the hours seen", headline)
    assert "seen 90% of the time" in headline


def test_the_first_of_its_weekday_is_compared_with_nothing():
    assert "No earlier Friday is published" in day_page(made_inputs(weeks=0))


def test_changed_methods_are_told():
    inputs = made_inputs(weeks=1)
    older = inputs.earlier[0].table("gold.traffic_hourly")
    place = older.schema.get_field_index("method_version")
    changed = older.set_column(place, "method_version", [["0.0.9"] * older.num_rows])
    tables = {**inputs.earlier[0].tables, "gold.traffic_hourly": changed}
    before = dataclasses.replace(inputs.earlier[0], tables=tables)
    page = day_page(dataclasses.replace(inputs, earlier=(before,)))
    assert "Methods or models changed since Fri 13 Nov" in page


def test_an_hour_that_was_not_seen_is_not_zero():
    page = day_page(made_inputs(Change(lost_camera_hour=14)))
    traffic = words(section(page, "traffic"))
    assert "14:00–15:00 not seen not seen not seen not seen" in traffic
    assert 'aria-label="14:00–15:00, not seen"' in section(page, "traffic")


def test_a_day_without_readers_says_so_and_shows_no_zero_for_it():
    page = day_page(made_inputs(Change(has_rfid=False)))
    assert "handling was not seen. That is not zero" in section(page, "handled")
    assert "No reader was heard" in section(page, "products")
    products = words(section(page, "products"))
    assert "Trench coats not seen not seen 9" in products


def test_an_empty_day_is_a_page_that_says_why():
    page = day_page(ReportInputs(empty_day()))
    assert "No camera gave footage on this day" in section(page, "floor")
    assert "No RFID reader was heard" in section(page, "handled")
    headline = words(re.search(r'<section class="headline".*?</section>', page, re.DOTALL).group())
    assert "Visitors not seen" in headline
    assert "Seen by cameras 0%" in headline


def test_a_day_that_is_not_published_has_no_page():
    tables = {"ops.published_days": made("ops.published_days", [])}
    with pytest.raises(ValueError, match="not published"):
        day_page(with_tables(made_inputs(), tables))


def test_names_are_escaped():
    day = made_day()
    zones = [
        zone.model_copy(update={"name": "<script>alert(1)</script>"}) for zone in day.layout.zones
    ]
    layout = day.layout.model_copy(update={"zones": zones})
    page = day_page(ReportInputs(dataclasses.replace(day, layout=layout)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_colours_are_those_of_viridis():
    from matplotlib import colormaps, colors

    steps = np.linspace(0, 1, len(VIRIDIS))
    assert list(VIRIDIS) == [colors.to_hex(colormaps["viridis"](step)) for step in steps]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_the_paper(full, theme):
    block = re.findall(r"--paper: (#\w+); --raised: (#\w+); --ink: (#\w+); --soft: (#\w+)", full)
    paper, raised, ink, soft = block[{"light": 0, "dark": 1}[theme]]
    for ground in (paper, raised):
        assert contrast(ink, ground) >= 7
        assert contrast(soft, ground) >= 4.5  # WCAG 2.2, level AA


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
