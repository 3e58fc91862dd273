"""Manifests: valid ones load, faults come all together with their lines."""

import datetime as dt

import pytest

from storeday.manifest import ManifestError, load_manifest, manifest_from_text

GOOD = """\
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours:
      days: {mon: ["09:00", "19:00"]}
    floor_plan: {width_m: 10, height_m: 8}
    zones:
      - {id: door, kind: entrance, polygon_m: [[0, 0], [2, 0], [2, 1], [0, 1]]}
    cameras:
      - id: cam1
        width_px: 640
        height_px: 360
        homography: [[0.01, 0, 0], [0, -0.01, 3.6], [0, 0, 1]]
        purpose: counting visitors
    readers:
      - id: r1
        log: {format: itemtest_csv}
        antennas: [{port: 1, zones: [door]}]
  - valid_from: 2026-06-01
    timezone: Europe/Paris
    opening_hours: {days: {}}
    floor_plan: {width_m: 12, height_m: 8}
"""


def load(text, date="2026-03-01"):
    return manifest_from_text(text, "s1.yaml", dt.date.fromisoformat(date))


def test_layout_of_the_date_is_taken():
    assert load(GOOD).floor_plan.width_m == 10
    assert load(GOOD, "2026-06-01").floor_plan.width_m == 12
    with pytest.raises(ManifestError, match="no layout for 2025-12-31; the first is from 2026-01"):
        load(GOOD, "2025-12-31")


def test_all_faults_come_together_with_their_lines():
    text = GOOD.replace("width_px: 640", "width_px: -1").replace("Europe/Paris", "Europe/Pariss", 1)
    text = text.replace("kind: entrance", "kind: porch")
    with pytest.raises(ManifestError) as caught:
        load(text)
    message = str(caught.value)
    assert "s1.yaml:4: timezone: 'Europe/Pariss' is no time zone" in message
    assert "s1.yaml:12: cameras.0.width_px" in message
    assert "s1.yaml:9: zones.0.kind" in message


def test_faults_between_parts_are_found():
    with pytest.raises(ManifestError, match="names zone 'nowhere'; zones are door"):
        load(GOOD.replace("zones: [door]", "zones: [nowhere]"))
    with pytest.raises(ManifestError, match="either calibration_points or homography"):
        load(GOOD.replace("homography:", "calibration_points: []\n        homography:"))


def test_names_mean_one_thing():
    with pytest.raises(ManifestError, match="'cam1' names two devices"):
        load(GOOD.replace("- id: r1", "- id: cam1"))
    with pytest.raises(ManifestError, match="zone 'exit' is of kind display"):
        load(
            GOOD.replace("{id: door, kind: entrance", "{id: exit, kind: display").replace(
                "zones: [door]", "zones: [exit]"
            )
        )
    assert load(GOOD.replace("id: door", "id: exit").replace("[door]", "[exit]"))


def test_camera_without_purpose_is_refused():
    with pytest.raises(ManifestError, match=r"cameras\.0\.purpose: Field required"):
        load(GOOD.replace("        purpose: counting visitors\n", ""))


def test_unknown_keys_are_faults():
    with pytest.raises(ManifestError, match=r"s1.yaml:7: floor_plan.colour"):
        load(GOOD.replace("height_m: 8}", "height_m: 8, colour: red}", 1))
    with pytest.raises(ManifestError, match="owner: unknown key"):
        load("owner: me\n" + GOOD)


def test_aliases_are_refused():
    with pytest.raises(ManifestError, match="aliases are not allowed"):
        load("a: &a [x]\nb: [*a, *a]\n" + GOOD)


def test_not_yaml_and_not_a_manifest():
    with pytest.raises(ManifestError, match="not valid YAML"):
        load("store_id: [")
    with pytest.raises(ManifestError, match="expected store_id and a list of versions"):
        load("just text")


def test_file_name_and_store_must_agree(tmp_path):
    path = tmp_path / "s2.yaml"
    path.write_text(GOOD)
    with pytest.raises(ManifestError, match="store_id is 's1'; the file's name says 's2'"):
        load_manifest(path, dt.date(2026, 3, 1))
    with pytest.raises(ManifestError, match="no such manifest"):
        load_manifest(tmp_path / "s3.yaml", dt.date(2026, 3, 1))


def test_sentinel_tags_are_named_once_and_in_upper_case():
    def with_tags(tags):
        return load(GOOD.replace("antennas: [{", f"sentinel_epcs: [{tags}]\n        antennas: [{{"))

    assert with_tags("AA01, AA02").readers[0].sentinel_epcs == ["AA01", "AA02"]
    assert load(GOOD).readers[0].sentinel_epcs == []
    with pytest.raises(ManifestError, match="sentinel_epcs has 'AA01' more than once"):
        with_tags("AA01, AA01")
    with pytest.raises(ManifestError, match=r"readers\.0\.sentinel_epcs"):
        with_tags("aa01")


def test_limits_and_privacy_are_checked():
    given = GOOD.replace(
        "    zones:\n",
        "    limits: {queue_length: 4, zone_occupancy: {door: 6}}\n"
        "    privacy: {k: 10}\n"
        "    zones:\n",
        1,
    )
    layout = load(given)
    assert (layout.limits.queue_length, layout.limits.queue_wait_s) == (4, 180.0)
    assert (layout.privacy.k, layout.privacy.unpaid_items_purpose) == (10, None)
    with pytest.raises(ManifestError, match=r"limits\.zone_occupancy names zone 'attic'"):
        load(given.replace("{door: 6}", "{attic: 6}"))
    with pytest.raises(ManifestError, match=r"privacy\.k"):
        load(given.replace("k: 10", "k: 3"))
    with pytest.raises(ManifestError, match="queue_length"):
        load(given.replace("queue_length: 4", "queue_length: 0"))
    with pytest.raises(ManifestError, match="unpaid_items_purpose"):
        load(given.replace("k: 10", "unpaid_items_purpose: why not"))
