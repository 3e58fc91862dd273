"""Tracking: detections of one camera to tracklets."""

from storeday.tracking.associate import NO_TRACK, associate_frames
from storeday.tracking.camera import Tracks, track_camera, track_frames
from storeday.tracking.pairing import best_pairs
from storeday.tracking.settings import TrackingSettings
from storeday.tracking.stitch import stitch_tracks

__all__ = [
    "NO_TRACK",
    "TrackingSettings",
    "Tracks",
    "associate_frames",
    "best_pairs",
    "stitch_tracks",
    "track_camera",
    "track_frames",
]
