"""What of a store-day has outlived its purpose, and has to be destroyed.

A retention of n days keeps a store-day's data until n days after its business date: of a Monday and
one day, until the end of Tuesday. Frames, pictures of interactions, embeddings and the salt have
retentions of their own.
"""

import datetime as dt
from dataclasses import dataclass

from storeday.manifest import StoreLayout


@dataclass(frozen=True)
class Due:
    """What has to be destroyed of one store-day.

    Attributes:
        cameras: Cameras whose frames have to go, in order of name.
        all_frames: Whether all frames have to go, also of cameras that the layout does not name.
        embeddings: Whether embeddings have to go.
        snapshots: Whether pictures of interactions have to go.
        salt: Whether the salt has to go.
    """

    cameras: tuple[str, ...]
    all_frames: bool
    embeddings: bool
    snapshots: bool
    salt: bool

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of the store-day is due."""
        held = (self.cameras, self.all_frames, self.embeddings, self.snapshots, self.salt)
        return not any(held)


# Somebody asked for it.
EVERYTHING = Due(cameras=(), all_frames=True, embeddings=True, snapshots=True, salt=True)


def due(layout: StoreLayout, business_date: dt.date, today: dt.date) -> Due:
    """What of a store-day is past its retention.

    Args:
        layout: The store's layout on that date.
        business_date: The store-day's date.
        today: Today's date, by the store's calendar.

    Example:
        >>> from storeday.manifest import FloorPlan, OpeningHours
        >>> layout = StoreLayout(
        ...     store_id="s1", valid_from="2026-01-01", timezone="UTC",
        ...     opening_hours=OpeningHours(days={}), floor_plan=FloorPlan(width_m=9, height_m=9))
        >>> due(layout, dt.date(2026, 11, 20), dt.date(2026, 11, 22))
        Due(cameras=(), all_frames=True, embeddings=True, snapshots=False, salt=False)
    """
    age_days = (today - business_date).days
    privacy = layout.privacy
    cameras = [camera.id for camera in layout.cameras if age_days > camera.retention_days]
    return Due(
        cameras=tuple(sorted(cameras)),
        all_frames=age_days > 0 and len(cameras) == len(layout.cameras),
        embeddings=age_days > privacy.embedding_retention_days,
        snapshots=age_days > privacy.snapshot_retention_days,
        salt=age_days > privacy.salt_retention_days,
    )
