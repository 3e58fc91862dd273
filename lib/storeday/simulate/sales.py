"""Till receipts of a simulated day, by the till's own clock.

The time of a line is the end of the service, as printed on the receipt, to the whole second.
"""

import csv
import datetime as dt
import io
from dataclasses import dataclass

import numpy as np

from storeday.simulate.products import Catalogue
from storeday.simulate.world import World

# The receipt is printed this long before the customer turns to go.
PRINTED_BEFORE_S = 4.0
COLUMNS = ("time", "register_id", "receipt_id", "epc", "gtin", "quantity", "price")


@dataclass(frozen=True)
class SaleLine:
    """A line of a receipt: one item.

    Attributes:
        time: Moment by the till's clock, UTC.
        register_id: Till.
        receipt_id: Receipt, counted per till.
        product: Index into `Products`.
        price: Price.
    """

    time: dt.datetime
    register_id: str
    receipt_id: str
    product: int
    price: float


def sale_lines(world: World, catalogue: Catalogue) -> list[SaleLine]:
    """The receipts' lines, by till and true time.

    A visit to the queue without a sale (given up) makes no line.
    """
    queueing = world.queueing
    rows = sorted(
        (queueing.register_id[index], float(queueing.left_s[index]), index)
        for index in range(len(queueing.person))
        if not np.isnan(queueing.served_s[index])
    )
    lines: list[SaleLine] = []
    counted: dict[str, int] = {}
    for register, left_s, index in rows:
        counted[register] = counted.get(register, 0) + 1
        shown_s = world.clocks[register].reads(np.array([left_s - PRINTED_BEFORE_S]))[0]
        time = world.starts_at + dt.timedelta(seconds=int(np.floor(shown_s)))
        receipt = f"{register}-{counted[register]:05d}"
        for product in queueing.products[index]:
            price = round(float(catalogue.prices[product]), 2)
            lines.append(SaleLine(time, register, receipt, product, price))
    return lines


def sales_csv(world: World, catalogue: Catalogue) -> str:
    """The sales file of the day; times in UTC, ISO 8601."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in sale_lines(world, catalogue):
        item = world.products.epc[line.product], world.products.gtin[line.product]
        time = line.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([time, line.register_id, line.receipt_id, *item, 1, f"{line.price:.2f}"])
    return text.getvalue()
