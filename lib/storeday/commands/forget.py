"""`storeday forget`: destroys what could tell people apart, and writes receipts.

Goes over every store-day that still has frames, pictures, embeddings or a salt, asks its manifest
what is past its retention, destroys that, and appends one receipt per subject to `ops.deletions`;
pictures exported for labelling go when they have expired. A report that shows pictures which are
destroyed is written anew without them; copies that somebody took elsewhere are out of reach. Named
store-days can be forgotten at once, whatever their retention: somebody may ask for it. A store-day
that a run is at work on is left alone and reported: the run would read what is destroyed, or write
it anew.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pyarrow import fs

from storeday import __version__
from storeday.commands.label_expiry import destroy_expired
from storeday.commands.run_days import DONE, SOME_FAILED, WRONG_USE
from storeday.lake.files import open_filesystem
from storeday.lake.forget import (
    Forgotten,
    days_with_files,
    days_with_salts,
    destroy_salt,
    forget_rows,
    forget_values,
)
from storeday.lake.lake import Lake
from storeday.lake.lease_keeper import LeaseKeeper
from storeday.lake.lease_log import LeaseLog
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.manifest import ManifestError
from storeday.privacy import EVERYTHING, Due, due
from storeday.stages.day_report import default_reports, report_path, write_day_report
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")
DELETIONS = "ops.deletions"
FRAMES = "bronze.frames"
EMBEDDINGS = ("silver.embeddings", "silver.scout_embeddings")
# What tells of bodies without being a vector goes when the vectors go.
ATTRIBUTES = "silver.customer_attributes"
BODIES = (*EMBEDDINGS, ATTRIBUTES)
# The same, detection by detection, in their column attributes.
JUDGED = ("silver.detections", "silver.scout_detections")
SNAPSHOTS = "silver.snapshots"
SALT = "salt"
LABEL_EXPORT = "label_export"


@dataclass(frozen=True)
class ForgetRequest:
    """What to forget.

    Attributes:
        places: Where everything is; the inbox is not touched.
        today: Today's date.
        stores: Stores; all where empty.
        dates: Business dates; all where empty.
        at_once: Forget all that is held of the named store-days, whatever its age.
        master: Spark master.
    """

    places: Places
    today: dt.date
    stores: Sequence[str] = ()
    dates: Sequence[dt.date] = ()
    at_once: bool = False
    master: str = "local[*]"

    def is_about(self, day: StoreDay) -> bool:
        """Whether a store-day is among those named."""
        return (not self.stores or day.store_id in self.stores) and (
            not self.dates or day.business_date in self.dates
        )


@dataclass
class Receipts:
    """What was destroyed so far, and which store-days were left alone and why."""

    reason: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[StoreDay, str] = field(default_factory=dict)

    def add(self, day: StoreDay, subject: str, gone: Forgotten, cameras: str = "") -> None:
        """One receipt; none where there was nothing to destroy."""
        if not gone.rows and not gone.files:
            return
        LOGGER.info("%s: %s: %d rows, %d files destroyed", day, subject, gone.rows, gone.files)
        self.rows.append(
            {
                "store_id": day.store_id,
                "business_date": day.business_date,
                "business_month": day.month,
                "subject": subject,
                "cameras": cameras or None,
                "rows": gone.rows,
                "files": gone.files,
                "size_bytes": gone.size_bytes,
                "deleted_at": dt.datetime.now(dt.UTC),
                "reason": self.reason,
                "method_version": __version__,
            }
        )


def run_forget(request: ForgetRequest) -> int:
    """Forgets, and writes receipts.

    Returns:
        0 when all was looked at, 1 when some store-days had no usable manifest or were
        held by a run, 2 for wrong usage.
    """
    if request.at_once and not (request.stores and request.dates):
        LOGGER.error("--at-once needs --store and --date: it destroys whatever their age")
        return WRONG_USE
    lake = Lake(spark_session("storeday forget", request.master), request.places.lake)
    receipts = forget(lake, request)
    for day, fault in receipts.faults.items():
        LOGGER.error("%s: nothing forgotten: %s", day, fault)
    LOGGER.info("%d receipts in %s", len(receipts.rows), DELETIONS)
    return SOME_FAILED if receipts.faults else DONE


def forget(lake: Lake, request: ForgetRequest) -> Receipts:
    """Forgets what is due. A receipt is written as soon as its store-day is done."""
    receipts = Receipts("request" if request.at_once else "retention")
    for day in _days(lake, request):
        try:
            what = _due(day, request)
        except ManifestError as error:
            receipts.faults[day] = str(error)
            continue
        known = len(receipts.rows)
        if not what.is_nothing:
            _forget_held(lake, request.places.salts_or_default, day, what, receipts)
        if any(row["subject"] == SNAPSHOTS for row in receipts.rows[known:]):
            _write_report_anew(request.places, day)
        if len(receipts.rows) > known:
            lake.append(DELETIONS, receipts.rows[known:])
    _forget_exports(lake, request, receipts)
    return receipts


def _write_report_anew(places: Places, day: StoreDay) -> None:
    """Takes a report with pictures away, and writes it again without them where it can."""
    out = default_reports(places.lake)
    filesystem, path = open_filesystem(report_path(out, day))
    if filesystem.get_file_info(path).type != fs.FileType.File:
        return
    filesystem.delete_file(path)
    try:
        write_day_report(places.lake, layout_of(places, day), day.business_date, out)
    except (ManifestError, ValueError, OSError) as error:
        LOGGER.warning("%s: its report is gone and was not written anew: %s", day, error)


def _forget_exports(lake: Lake, request: ForgetRequest, receipts: Receipts) -> None:
    known = len(receipts.rows)
    for expired in destroy_expired(lake, request.today, request.is_about, at_once=request.at_once):
        if expired.gone is None:
            LOGGER.info("%s: export %s has expired and is gone", expired.day, expired.folder)
        else:
            receipts.add(expired.day, LABEL_EXPORT, expired.gone)
    if len(receipts.rows) > known:
        lake.append(DELETIONS, receipts.rows[known:])


def _days(lake: Lake, request: ForgetRequest) -> list[StoreDay]:
    found = set(days_with_salts(request.places.salts_or_default))
    for table in (FRAMES, SNAPSHOTS, *BODIES):
        found.update(days_with_files(lake, table))
    return [day for day in sorted(found) if request.is_about(day)]


def _due(day: StoreDay, request: ForgetRequest) -> Due:
    if request.at_once:
        return EVERYTHING
    return due(layout_of(request.places, day), day.business_date, request.today)


def _forget_held(lake: Lake, salts: str, day: StoreDay, what: Due, receipts: Receipts) -> None:
    """Forgets under the store-day's lease, so that no run reads or writes it meanwhile."""
    with LeaseKeeper(LeaseLog(lake.spark, lake.root), uuid.uuid4().hex, [day]) as leases:
        refusal = leases.busy.get(day) or leases.faults.get(day)
        if refusal:
            receipts.faults[day] = refusal
        else:
            _forget_day(lake, salts, day, what, receipts)


def _forget_day(lake: Lake, salts: str, day: StoreDay, what: Due, receipts: Receipts) -> None:
    if what.all_frames:
        receipts.add(day, FRAMES, forget_rows(lake, FRAMES, day))
    elif what.cameras:
        names = ", ".join(what.cameras)
        quoted = ", ".join(f"'{camera}'" for camera in what.cameras)
        gone = forget_rows(lake, FRAMES, day, f"camera_id IN ({quoted})")
        receipts.add(day, FRAMES, gone, names)
    if what.embeddings:
        if not lake.read(ATTRIBUTES, [day]).isEmpty():
            for table in JUDGED:
                receipts.add(day, table, forget_values(lake, table, day, "attributes"))
        for table in BODIES:
            receipts.add(day, table, forget_rows(lake, table, day))
    if what.snapshots:
        receipts.add(day, SNAPSHOTS, forget_rows(lake, SNAPSHOTS, day))
    # Last: while the salt exists, a run that was stopped here can be repeated.
    if what.salt:
        receipts.add(day, SALT, destroy_salt(salts, day))
