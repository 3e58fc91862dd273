"""How wrong the detectors are at level `events`: knobs, defaults and where those come from.

Words as in `knobs`; "article" means the source article.
"""

from typing import Annotated

from pydantic import Field

from storeday.simulate.knobs import Knobs, NotNegative, Positive, Share


class DetectorKnobs(Knobs):
    """How wrong the detectors are; used at level `events` only."""

    action_recall: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.90, description="Seconds of handling that score as handling (source article)."
    )
    action_false_rate: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.12,
        description="Other seconds that do too; with recall 0.90 this is 89 % (article).",
    )
    action_correlation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.8, description="Correlation of the error from one second to the next (study)."
    )
    action_track_bias: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.4,
        description="Part of the error's standard deviation that a tracklet keeps (study).",
    )
    action_blur_s: NotNegative = Field(
        default=2.0, description="Seconds before and after a handling that look like one (study)."
    )
    action_blur_share: Share = Field(
        default=0.6, description="How much like one they look (study)."
    )
    rummage_recall: Share = Field(
        default=0.94, description="Handlings that the RFID score finds (source article)."
    )
    ghost_share: Share = Field(
        default=0.08, description="False events at a neighbour, per handling (study)."
    )
    clutter_share: Share = Field(
        default=0.06, description="False events by passers-by, per handling (study)."
    )
    score_separation: NotNegative = Field(
        default=1.5,
        description="Mean score of true less false events, in standard deviations (study).",
    )
    rummage_window_s: NotNegative = Field(
        default=4.0,
        description="An event's moment is off by up to this, evenly: windows are long (study).",
    )
    rummage_jitter_s: NotNegative = Field(
        default=1.5, description="Further Gaussian error of an event's moment (study)."
    )
    floor_noise_m: NotNegative = Field(
        default=0.35,
        description="Error of a person's place in one second, along each axis (study).",
    )
    floor_bias_m: NotNegative = Field(
        default=0.3, description="Constant error of each camera, along each axis (study)."
    )
    tracklet_breaks_per_min: NotNegative = Field(
        default=0.5, description="Tracklets lost and begun anew, per minute seen; assumed."
    )
    missed_share: Share = Field(
        default=0.05, description="Seconds in view without a detection, in runs of 3 s; assumed."
    )
    smallest_person_px: Positive = Field(
        default=40.0, description="Height in the picture below which nobody is found; assumed."
    )
    identity_split_share: Share = Field(
        default=0.0,
        description="Tracklets at which a person becomes a new customer; 0 is perfect identity "
        "(study).",
    )
    identity_mix_share: Share = Field(
        default=0.0,
        description="Tracklets given to another customer in the same view; 0 is perfect.",
    )
    staff_accuracy: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.93,
        description="People told right as staff or customer (published: 93 %, Sunmi 2020).",
    )
