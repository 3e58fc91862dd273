"""Tracking: detections of one camera to tracklets."""

from storeday.tracking.associate import NO_TRACK, associate_frames
from storeday.tracking.camera import Tracks, track_camera
from storeday.tracking.settings import TrackingSettings

__all__ = ["NO_TRACK", "TrackingSettings", "Tracks", "associate_frames", "track_camera"]
