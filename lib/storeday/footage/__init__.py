"""Footage: what a container says of itself, and sampled, scaled frames out of it; no Spark."""

from storeday.footage.decord_reader import DecordError
from storeday.footage.gaps import Gap
from storeday.footage.names import segment_start
from storeday.footage.pictures import SampledFrame, picture_of
from storeday.footage.probe import SegmentProbe
from storeday.footage.reader_process import reader_cpu_s
from storeday.footage.sample import (
    TO_THE_END_US,
    SegmentSampling,
    probe_segment,
    sample_segment,
    scout_segment,
)
from storeday.footage.segment import DecodeOutcome
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Sampler, Stretch

__all__ = [
    "TO_THE_END_US",
    "DecodeOutcome",
    "DecordError",
    "FootageSettings",
    "Gap",
    "SampledFrame",
    "Sampler",
    "SegmentProbe",
    "SegmentSampling",
    "Stretch",
    "picture_of",
    "probe_segment",
    "reader_cpu_s",
    "sample_segment",
    "scout_segment",
    "segment_start",
]
