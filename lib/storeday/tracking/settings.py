"""Settings of the tracker. Scores lie in [0, 1], similarities (DIoU) in [-1, 1], times in seconds.

"Paper" is ByteTrack (Zhang et al., ECCV 2022, arXiv 2110.06864), section 4.1, or its released
settings. "Trial" is the trial of gates in `tests/real/test_campus_tracking.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackingSettings:
    """How boxes become tracklets.

    Attributes:
        high_score: From here on a box is matched in the first pass (paper: 0.6).
        low_score: From here up to `high_score` a box can only prolong a track; below it a box is
            ignored (paper: 0.1).
        activation_score: From here on an unmatched box of high score starts a track (paper: 0.7).
        confirmations: Boxes in consecutive frames, the first included, that make a track a tracklet
            (paper: 2).
        lost_s: A track unseen for longer is dropped. The paper's 30 frames are 1 s, which at one
            frame a second is nothing; 4 s bridges three missed frames there.
        high_gate: Similarity at or below which the first pass refuses a pair (paper: IoU 0.2).
        low_gate: The same for boxes of low score (paper: IoU 0.5).
        unconfirmed_gate: The same for tracks not yet confirmed (paper: IoU 0.3).
        loose_deviations: For what the passes above left: how many standard deviations of its
            prediction a person may be off, see `boxes.loose_gate`; 0 for none of this.
        loosest_gate: However uncertain the prediction, a similarity at or below this is refused
            (DIoU -0.35, found best below 3 frames a second with another tracker).
    """

    high_score: float = 0.6
    low_score: float = 0.1
    activation_score: float = 0.7
    confirmations: int = 2
    lost_s: float = 4.0
    high_gate: float = 0.2
    low_gate: float = 0.5
    unconfirmed_gate: float = 0.3
    loose_deviations: float = 1.0
    loosest_gate: float = -0.35
