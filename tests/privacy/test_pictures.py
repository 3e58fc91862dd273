"""Where pictures may be kept; that they leave pixelated is tested with the annotated video."""

from storeday.contracts import load_contract, table_names


def test_only_frames_hold_pictures_and_snapshots_are_allowed_by_the_manifest():
    held = {
        (name, column.name)
        for name in table_names()
        for column in load_contract(name).columns
        if column.physical_type == "binary"
    }
    assert held == {
        ("bronze.frames", "jpeg"),
        ("silver.snapshots", "jpeg"),
        # Always null, see its contract.
        ("gold.interactions", "snapshot"),
    }
