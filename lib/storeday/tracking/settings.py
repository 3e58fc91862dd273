"""Settings of the tracker. Scores lie in [0, 1], similarities (DIoU) in [-1, 1], times in seconds.

"Paper" is ByteTrack (Zhang et al., ECCV 2022, arXiv 2110.06864), section 4.1, or its released
settings.
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
        low_gate: The same for boxes of low score (paper: IoU 0.5, at 30 frames a second; with 0.3
            the IDF1 in the CAMPUS auditorium rose from 0.725 to 0.738 at five, from 0.675 to 0.687
            at two).
        unconfirmed_gate: The same for tracks not yet confirmed (paper: IoU 0.3).
        loose_deviations: For what the passes above left: how many standard deviations of its
            prediction a person may be off, see `boxes.loose_gate`; 0 for none of this. 1 lifts the
            IDF1 of simulated walkers from 0.45 to 0.50 at five frames a second and from 0.32 to
            0.36 at two (`tests/tracking/test_walkers.py`). In a standing crowd at two a second it
            lifts IDF1 from 0.66 to 0.69 and mixes more: 92 instead of 95 % of a track's boxes are
            of one person.
        loosest_gate: However uncertain the prediction, a similarity at or below this is refused
            (DIoU -0.35, found best below 3 frames a second with another tracker).
    """

    high_score: float = 0.6
    low_score: float = 0.1
    activation_score: float = 0.7
    confirmations: int = 2
    lost_s: float = 4.0
    high_gate: float = 0.2
    low_gate: float = 0.3
    unconfirmed_gate: float = 0.3
    loose_deviations: float = 1.0
    loosest_gate: float = -0.35
