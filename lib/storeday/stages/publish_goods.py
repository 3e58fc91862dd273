"""The gold tables about goods: interactions, products, pairs, try-ons, unpaid items."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.association import InteractionRules, interactions
from storeday.association.clocks import store_times_us
from storeday.contracts import empty, load_contract
from storeday.contracts.columns import STAMP, Floats, Ints, floats, texts, times_us
from storeday.measures import (
    Goods,
    Handlings,
    handlings,
    product_engagement,
    product_pairs,
    tryons,
    unpaid_items,
    with_customers,
)
from storeday.measures.seen_share import observed_share
from storeday.rfid.skus import skus_by_epc
from storeday.stages.publish_day import Day, only
from storeday.stages.publish_inputs import (
    ACTIONS,
    CANDIDATES,
    LAST,
    OFFSETS,
    PRODUCTS,
    RUMMAGES,
    SALES,
    STRENGTH,
    TRACE,
    zones_of_kind,
)
from storeday.stages.stage import Tables

INTERACTIONS, TRYONS, UNPAID = "gold.interactions", "silver.tryons", "gold.unpaid_items"


@dataclass(frozen=True)
class GoodsDay:
    """A store-day's goods.

    Attributes:
        day: The store-day.
    """

    day: Day

    @cached_property
    def skus(self) -> dict[str, str]:
        """Product of each tag that was handled, tried on or sold."""
        tags = [
            *self.day.group.table(RUMMAGES)["epc"].to_pylist(),
            *self.day.reads(STRENGTH)["epc"].to_pylist(),
            *[epc for epc in self.day.group.table(SALES)["epc"].to_pylist() if epc],
        ]
        return skus_by_epc(tags, self.day.group.table(PRODUCTS))

    @cached_property
    def interactions(self) -> pa.Table:
        """Rows of `gold.interactions`."""
        group, settings = self.day.group, self.day.plan.settings.association
        # Without scores standing still is all that tells of handling: that was never checked.
        by_trace = settings.method == "trace" and group.table(TRACE).num_rows > 0
        rules = InteractionRules(
            frozenset(self.day.staff),
            settings.episode_gap_s,
            settings.calibrated_on if by_trace else "none",
        )
        return interactions(
            group.table(RUMMAGES),
            group.table(ACTIONS),
            group.table(CANDIDATES),
            group.table(OFFSETS),
            self.skus,
            rules,
        )

    @cached_property
    def handled(self) -> Handlings:
        """Handlings without staff, by walkers."""
        rows = self.day.by_walker(self.interactions)
        candidates = self.day.group.table(CANDIDATES)
        found = handlings(rows, candidates, self.day.staff)
        return Handlings(found.rows, self.day.by_walker(found.shares))

    @cached_property
    def tryons(self) -> pa.Table:
        """Rows of `silver.tryons`."""
        rooms = _antennas_over(self.day, "fitting_room")
        found = tryons(self.day.reads(STRENGTH), rooms, self.day.plan.make_id, self.day.settings)
        start, end = (
            store_us(self.day, found, "reader_id", name) for name in ("started_at", "ended_at")
        )
        return with_customers(found, (start, end), self.interactions, self.day.settings)

    @cached_property
    def sold(self) -> pa.Table | None:
        """Lines of receipts with product, receipt and store time; None without a sales file."""
        if not self.day.plan.files_in("sales"):
            return None
        sales = self.day.group.table(SALES)
        by_gtin = {
            row["gtin"]: row["sku"]
            for row in self.day.group.table(PRODUCTS).select(["gtin", "sku"]).to_pylist()
            if row["gtin"]
        }
        skus = [
            self.skus.get(epc or "") or by_gtin.get(gtin)
            for epc, gtin in zip(sales["epc"].to_pylist(), sales["gtin"].to_pylist(), strict=True)
        ]
        return pa.table(
            {
                "sku": pa.array(skus, pa.string()),
                "epc": texts(sales["epc"]),
                "receipt": pc.binary_join_element_wise(
                    texts(sales["register_id"]), texts(sales["receipt_id"]), "/"
                ),
                "register_id": texts(sales["register_id"]),
                "receipt_id": texts(sales["receipt_id"]),
                "quantity": sales["quantity"].combine_chunks(),
                "time": pa.array(store_us(self.day, sales, "register_id", "device_time")).cast(
                    STAMP
                ),
            }
        )

    @cached_property
    def goods(self) -> Goods:
        """What product tables are made from."""
        has_rooms = bool(_antennas_over(self.day, "fitting_room"))
        worn = self.tryons
        tried = pa.table(
            {
                "sku": pa.array(
                    [self.skus.get(epc) for epc in worn["epc"].to_pylist()], pa.string()
                ),
                "customer_id": texts(worn["customer_id"]),
            }
        )
        share, is_heard = _readers_share(self.day.observed)
        return Goods(
            self.day.group.table(PRODUCTS),
            self.handled,
            tried if has_rooms else None,
            self.sold,
            is_heard,
            share,
        )

    def unpaid(self) -> pa.Table:
        """Rows of `gold.unpaid_items`: none unless the manifest says what they are for."""
        purpose = self.day.layout.privacy.unpaid_items_purpose
        tags = [] if self.sold is None else [epc for epc in self.sold["epc"].to_pylist() if epc]
        # Where receipts name no tag, nobody can say which tag was not paid for.
        if purpose is None or not tags:
            return empty_rows(UNPAID)
        return unpaid_items(
            self.handled.rows,
            self.day.reads(LAST),
            tags,
            _antennas_over(self.day, "display"),
            (purpose, self.goods.observed_share),
            self.day.settings,
        )


def goods_tables(goods: GoodsDay) -> Tables:
    """All tables about goods."""
    least = goods.day.layout.privacy.k
    return {
        INTERACTIONS: goods.interactions,
        TRYONS: goods.tryons,
        "gold.product_engagement": product_engagement(goods.goods),
        "gold.product_pairs": product_pairs(goods.goods, least),
        UNPAID: goods.unpaid(),
    }


def empty_rows(table: str) -> pa.Table:
    """A table without rows."""
    return empty(load_contract(table))


def store_us(day: Day, rows: pa.Table, device: str, moment: str) -> Ints:
    """Moments of rows in store time; by the device's own clock where nothing is known of it."""
    offsets = day.group.table(OFFSETS)
    names, times = texts(rows[device]), times_us(rows[moment])
    known = pc.is_in(names, texts(offsets["device_id"])).to_numpy(zero_copy_only=False)
    moved = times.copy()
    moved[known] = store_times_us(times[known], names.filter(pa.array(known)), offsets)
    return np.asarray(moved, np.int64)


def _antennas_over(day: Day, kind: str) -> dict[tuple[str, int], str | None]:
    """Antennas over zones of a kind, and the zone where that is one."""
    zones = zones_of_kind(day.layout, kind)
    return {
        (reader.id, antenna.port): only(set(antenna.zones) & zones)
        for reader in day.layout.readers
        for antenna in reader.antennas
        if set(antenna.zones) & zones
    }


def _readers_share(observed: pa.Table) -> tuple[float, bool]:
    """Observed share of all readers over the day, and whether any was heard."""
    rows = observed.filter(pc.equal(observed["subject_kind"], "reader"))
    expected: Floats = floats(rows["expected_s"])
    seen = floats(rows["observed_s"])
    as_expected = np.minimum(expected, seen).sum() if expected.sum() > 0 else seen.sum()
    share = observed_share(np.array([expected.sum()]), np.array([as_expected]))
    return float(share[0]), bool(seen.sum() > 0)
