"""Settings of the tracker. Scores lie in [0, 1], similarities (DIoU) in [-1, 1], times in seconds.

"Paper" is ByteTrack (Zhang et al., ECCV 2022, arXiv 2110.06864), section 4.1, or its released
settings.
"""

from dataclasses import dataclass, replace


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
        low_gate: The same for boxes of low score (paper: IoU 0.5, at 30 frames a second). One gate
            for both passes, as in roboflow's ByteTrack: at few frames a second boxes overlap less.
        unconfirmed_gate: The same for tracks not yet confirmed (paper: IoU 0.3). They have no speed
            yet: on a simulated Saturday at 2.5 frames a second 0 left a fifth fewer fragments
            than 0.2 and mixed as little.
        loose_deviations: For what the passes above left: how many standard deviations of its
            prediction a person may be off, see `boxes.loose_gate`; 0 for none of this. It mixes
            people: on a simulated Saturday of 76 people and four cameras the share of a track's
            boxes that are of one person was .84 with it and .92 without in the widest view at five
            frames a second, and stitching won back what it had joined (DECISIONS.md).
        loosest_gate: However uncertain the prediction, a similarity at or below this is refused
            (DIoU -0.35, found best below 3 frames a second with another tracker).
        stitch_gap_s: Longest gap over which two tracks are joined afterwards; 0 for none. Longer
            absences are left to identity, which knows floor and looks.
        stitch_share: Share of tracks that break off though the person stays in view. With the other
            stitching constants chosen on simulated hours of `busy_saturday` (four cameras, 5, 2.5
            and 1 frames a second): medians of the misfit by length of gap, and joins nine in ten of
            which are right.
        stitch_mean_gap_s: Mean length of such a break.
        stitch_window_s: An end's place and speed are those of a line through so many seconds.
        stitch_fade_s: An end's speed fades within so many seconds; 4 s halved the misfit after 1 s.
        stitch_standing_share: Share of breaks in which the person stands still.
        stitch_error: Standard deviation of the misfit over a gap of no length, in heights.
        stitch_wander_per_s: The same for what each second of gap adds across, in heights.
        stitch_depth_wander_per_s: The same up and down the picture, where way is foreshortened.
        stitch_height_error: Standard deviation of the logarithm of the heights' ratio.
        stitch_least_log_odds: Least log-odds at which tracks are joined; a wrong join is for good.
        stitch_least_probability: Least probability of a join against all rivals at either end. What
            is open between two is left to identity, which knows floor, looks and other cameras. On
            four simulated Saturdays (four cameras) 0.9 gave a mean IDF1 across cameras of .77 and
            0.8 of .70; in each camera by itself, before identity, the order is the other way round.
        stitch_least_probability_blind: The same where identity has no looks to join by. Without
            looks 0.9, 0.7, 0.5 and 0.3 gave an IDF1 across cameras of .300, .319, .324 and .323 on
            two simulated Saturdays; on CAMPUS (real truth) .629, .646, .641 and .649 at 5 frames a
            second, .596, .622, .662 and .627 at 2.
    """

    high_score: float = 0.6
    low_score: float = 0.1
    activation_score: float = 0.7
    confirmations: int = 2
    lost_s: float = 4.0
    high_gate: float = 0.2
    low_gate: float = 0.2
    unconfirmed_gate: float = 0.0
    loose_deviations: float = 0.0
    loosest_gate: float = -0.35
    stitch_gap_s: float = 12.0
    stitch_share: float = 0.5
    stitch_mean_gap_s: float = 3.0
    stitch_window_s: float = 1.0
    stitch_fade_s: float = 4.0
    stitch_standing_share: float = 0.4
    stitch_error: float = 0.12
    stitch_wander_per_s: float = 0.3
    stitch_depth_wander_per_s: float = 0.08
    stitch_height_error: float = 0.15
    stitch_least_log_odds: float = 1.0
    stitch_least_probability: float = 0.9
    stitch_least_probability_blind: float = 0.5

    def without_looks(self) -> "TrackingSettings":
        """The settings of a day on which identity goes by time and place alone."""
        return replace(self, stitch_least_probability=self.stitch_least_probability_blind)
