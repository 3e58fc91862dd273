"""What bodies tell of customers: judgements of single detections, joined over all of a customer.

Every detection counts the same; the value with the highest mean probability stands for the
customer. Whether that is sure enough to be counted is decided by whoever counts.
"""

import json

import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import load_contract, table_from_columns


def customer_attributes(
    detections: pa.Table, track_points: pa.Table, identities: pa.Table
) -> pa.Table:
    """The likeliest value of each attribute, by customer.

    Args:
        detections: Columns `detection_id, attributes` (JSON, null where nothing was judged), in any
            order; may be empty.
        track_points: Columns `tracklet_id, detection_id`.
        identities: Columns `tracklet_id, customer_id`.

    Returns:
        Rows of `silver.customer_attributes` by customer and attribute. Ties go to the value that
        comes first by name.

    Example:
        >>> rows = customer_attributes(
        ...     pa.table({"detection_id": ["d", "e"], "attributes": [
        ...         '{"age": {"adult": 0.9, "child": 0.1}}',
        ...         '{"age": {"adult": 0.4, "child": 0.6}}']}),
        ...     pa.table({"tracklet_id": ["t", "t"], "detection_id": ["d", "e"]}),
        ...     pa.table({"tracklet_id": ["t"], "customer_id": ["c"]}))
        >>> [(row["value"], row["probability"], row["detections"]) for row in rows.to_pylist()]
        [('adult', 0.65, 2)]
    """
    judged = detections.select(["detection_id", "attributes"])
    judged = judged.filter(pc.is_valid(judged["attributes"]))
    owned = judged.join(
        track_points.select(["detection_id", "tracklet_id"]), "detection_id", join_type="inner"
    ).join(identities.select(["tracklet_id", "customer_id"]), "tracklet_id", join_type="inner")
    sums: dict[tuple[str, str], dict[str, float]] = {}
    counts: dict[tuple[str, str], int] = {}
    # Sums of doubles depend on their order.
    owned = owned.sort_by([("customer_id", "ascending"), ("detection_id", "ascending")])
    for customer, words in zip(
        owned["customer_id"].to_pylist(), owned["attributes"].to_pylist(), strict=True
    ):
        for attribute, told in json.loads(words).items():
            key = (customer, attribute)
            counts[key] = counts.get(key, 0) + 1
            total = sums.setdefault(key, {})
            for value, probability in told.items():
                total[value] = total.get(value, 0.0) + probability
    keys = sorted(sums)
    best = [min(sums[key], key=lambda value: (-sums[key][value], value)) for key in keys]
    return table_from_columns(
        load_contract("silver.customer_attributes"),
        {
            "customer_id": [customer for customer, _ in keys],
            "attribute": [attribute for _, attribute in keys],
            "value": best,
            "probability": [
                sums[key][value] / counts[key] for key, value in zip(keys, best, strict=True)
            ],
            "detections": [counts[key] for key in keys],
        },
    )
