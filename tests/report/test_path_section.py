"""Most walked paths on the page."""

import dataclasses

from made_day import made, made_inputs

from storeday.report.path_section import path_section


def day_with(paths):
    day = made_inputs().today
    rows = [
        {
            "path": ">".join(zones) or "none",
            "zones": zones,
            "rank": rank,
            "visits": visits,
            "share": share,
            "observed_share": 0.9,
        }
        for rank, (zones, visits, share) in enumerate(paths, 1)
    ]
    tables = {**day.tables, "gold.zone_paths": made("gold.zone_paths", rows, day.date)}
    return dataclasses.replace(day, tables=tables)


def test_paths_stand_by_rank_with_names_and_shares():
    found = path_section(day_with([(["denim", "fitting"], 12, 0.3), ([], 8, 0.2)]))
    cells = [[cell.text for cell in row] for row in found.context["grid"].rows]
    assert [row[:2] for row in cells] == [["Denim → Fitting rooms", "12"], ["no zone visited", "8"]]
    assert found.lead.startswith("2 paths made up 50")


def test_without_frequent_paths_there_is_no_section():
    assert path_section(day_with([])) is None
