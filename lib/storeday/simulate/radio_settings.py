"""Settings of the simulated RFID readers and their radio channel.

"Fitted" names a value chosen so that the simulated figures meet measured ones; the measured figure
and the experiment stand beside it. Data sets: ItemTest is the crate-through-a-gate set of
github.com/corentinbouton/RFID-tags-detection (Impinj, ETSI, 4 antennas, about 170 tags), UCI is set
427 of the UCI repository (doi:10.24432/C5GG6B).
"""

from dataclasses import dataclass
from typing import Literal

# Carriers of FCC part 15.247 as readers list them: 50 channels, 500 kHz apart.
FCC_CHANNELS_MHZ: tuple[float, ...] = tuple(902.75 + 0.5 * step for step in range(50))
# The four carriers of ETSI EN 302 208's lower band that allow 2 W.
ETSI_CHANNELS_MHZ: tuple[float, ...] = (865.7, 866.3, 866.9, 867.5)


@dataclass(frozen=True)
class ChannelSettings:
    """How waves go between antenna, tag, bodies and walls.

    Attributes:
        antenna_height_m: Height of the antennas, which look straight down; ceiling mount.
        beam_rad: Full half-power beam width of an antenna. Wide ceiling patches: 90-110 degrees.
        back_loss_db: Most that the antenna pattern takes away, one way; the pattern's formula is
            that of 3GPP TR 36.814, table A.2.1.1-2.
        rssi_at_1m_dbm: RSSI of a tag 1 m below the antenna. Fitted in a shop of 170 tags under
            four antennas to reads/s per tag (0.49-0.54 simulated, 0.19-0.56 measured) and to the
            RSSI spread of still tags (median 1.4 dB simulated, 1.5 dB ItemTest, 1.3 dB UCI).
        tag_spread_db: Standard deviation between tags, of tuning and of what they hang on. Mean
            RSSI of stationary ItemTest tags spreads by 2.9 dB, distance included.
        wall_reflection: Share of the amplitude that walls and floor send back. A stated guess: half
            of the 0.4-0.6 usual for plaster and concrete, for what stands before them.
        scatterers: Fixed scatterers near each tag (rail, hangers, shelf).
        scatterer_size_m: Square root of a scatterer's radar cross section over 4 pi; 0.09 m is
            0.1 m2. A stated guess.
        body_size_m: The same for a person; 0.12 m is 0.18 m2. Fitted to the RSSI spread of still
            tags with people about.
        body_loss_db: Loss through a body, one way, at the middle of it. A stated guess;
            8 dB left the RSSI spread of still tags as it was.
        body_radius_m: Distance of the body's axis from the ray at which the loss is down to 37 %.
        body_range_m: Bodies farther than this from a tag, in plan, are left out.
        body_sway_m: Amplitude with which a standing person moves.
    """

    antenna_height_m: float = 2.6
    beam_rad: float = 1.75
    back_loss_db: float = 20.0
    rssi_at_1m_dbm: float = -48.0
    tag_spread_db: float = 2.0
    wall_reflection: float = 0.25
    scatterers: int = 3
    scatterer_size_m: float = 0.09
    body_size_m: float = 0.12
    body_loss_db: float = 6.0
    body_radius_m: float = 0.25
    body_range_m: float = 2.5
    body_sway_m: float = 0.02


@dataclass(frozen=True)
class MotionSettings:
    """How tags move. No measurement of garments in a shop is public; these are stated guesses.

    Attributes:
        pull_m: Least and greatest distance by which a handled product is drawn towards the person.
        pull_s: Time that drawing it out and putting it back take.
        touch_share: Share of handlings that end on the rail (action `handle`) in which the product
            is felt or looked at where it hangs and moves hardly at all; RetailAction (ICCV 2025
            workshop) has "touch" beside "take" and "put" as one of its three actions, IDSense (CHI
            2015) two kinds of touch beside motion. Fitted with `moving_share`, see the README.
        touch_motion: How far pull, shaking, turning and the hand's loss go in a touch, as a share.
        moving_share: Share of its time in hand in which a product is moved; between, it is held
            still and looked at.
        wobble_m: Amplitude of the hand's own motion.
        wobble_hz: Least and greatest frequency of that motion.
        turn_rad: Amplitude with which a product in hand turns.
        carry_height_m: Height at which products are carried.
        carry_ahead_m: Distance of a carried product from the carrier's axis.
        hand_loss_db: Least and greatest loss by detuning while a hand is at the product, two ways.
            Fewer reads when handled were measured on two sets (AUC of the read count 0.70-0.81).
        put_back_shift_m: Standard deviation of the place a product is put back to.
        put_back_turn_rad: The same for its direction.
        neighbour_reach_m: Products of the same rack nearer than this to a handled one are pushed.
        neighbour_shift_m: Standard deviation of a neighbour's new place.
        neighbour_turn_rad: The same for its direction.
        push_loss_db: Mean loss, two ways, by what a product comes to hang against after it or its
            neighbour was handled (another garment, a hanger, the rail); exponential, and it stays
            until the next handling nearby. A stated guess: it steps the strength of tags that
            nobody handled, and silences a few.
        neighbour_sway_m: Amplitude with which a pushed neighbour swings at first.
        draught_m: Mean amplitude with which products on racks swing in draughts, exponential from
            product to product. A stated guess.
        sway_decay_s: Time in which that swing falls to 37 %.
    """

    pull_m: tuple[float, float] = (0.1, 0.4)
    pull_s: float = 1.0
    touch_share: float = 0.6
    touch_motion: float = 0.05
    moving_share: float = 0.3
    wobble_m: float = 0.05
    wobble_hz: tuple[float, float] = (0.15, 0.9)
    turn_rad: float = 0.5
    carry_height_m: float = 0.95
    carry_ahead_m: float = 0.3
    hand_loss_db: tuple[float, float] = (1.0, 6.0)
    put_back_shift_m: float = 0.03
    put_back_turn_rad: float = 0.2
    neighbour_reach_m: float = 0.25
    neighbour_shift_m: float = 0.01
    neighbour_turn_rad: float = 0.05
    push_loss_db: float = 2.0
    neighbour_sway_m: float = 0.02
    draught_m: float = 0.015
    sway_decay_s: float = 2.0


@dataclass(frozen=True)
class InventorySettings:
    """Who is read when.

    A round costs `round_overhead_s` plus `slot_s` for each tag that answers. Two published rates
    fix both: 67-70 reads/s with one tag (14.7 ms a round) and 8.5 reads/s per tag with 13 tags
    (117.6 ms); tags answer every round there, `quiet_s` = 0. With about 170 tags in session 1,
    0.19-0.56 reads/s per tag were measured: after a read a tag stays quiet for a while.

    Attributes:
        round_overhead_s: Time of a round in which nobody answers.
        slot_s: Time that one answer adds.
        slot_jitter_s: Standard deviation of an answer's time; gaps of a lone tag vary by 0.11.
        antenna_dwell_s: Time on one antenna before the next. Fitted to 5.7 reads/s and a gap
            variation of 1.14, measured per antenna with four antennas and one tag: 5.5/s and 1.11
            at 0.08 s for a tag that answers one round in five. ItemTest visits last 63 ms.
        switch_s: Time lost when the antenna changes. ItemTest: visits of 63 ms hold 5 reads.
        quiet_s: Mean time for which a tag that was read answers no antenna (Gen2, inventoried flag
            of session 1: 0.5-5 s). Half of the gaps of stationary ItemTest tags lie in 1.3-1.9 s.
            0 for sessions 0 and dual target.
        quiet_spread: Standard deviation of that time as a share of it. Fitted to the same gaps.
        forget_share: Share of reads after which the flag is lost at once, as when the field drops.
            17 % of those gaps are under 0.8 s.
        half_read_dbm: RSSI at which half of the tags answer a round. Fitted: 5 % of ItemTest reads
            lie below -76 dBm.
        read_slope_db: Scale of the logistic curve from never to always.
        best_read_share: Most that a tag answers.
        lowest_dbm: Reads weaker than this are not reported; the lowest of ItemTest is -80.
        look_s: The strength that decides who answers is looked up this often; shadows shorter than
            it are missed or too long, as chance has it.
    """

    round_overhead_s: float = 0.0061
    slot_s: float = 0.0086
    slot_jitter_s: float = 0.0011
    antenna_dwell_s: float = 0.08
    switch_s: float = 0.012
    quiet_s: float = 1.6
    quiet_spread: float = 0.15
    forget_share: float = 0.15
    half_read_dbm: float = -75.0
    read_slope_db: float = 1.0
    best_read_share: float = 0.999
    lowest_dbm: float = -80.0
    look_s: float = 2.0


@dataclass(frozen=True)
class ReportSettings:
    """What the reader measures and how it writes it down.

    Attributes:
        region: Hop plan, `fcc` or `etsi`; a reader's own hop table in the manifest goes before.
        fcc_dwell_s: Time on one channel. Measured 0.203 s, each of 50 channels back after 10.2 s.
        etsi_dwell_s: The same under ETSI, where a reader may stay for 4 s.
        rssi_noise_db: Standard deviation of RSSI at rest before rounding. With 0.5 dB steps and
            frequency selectivity it makes the noise floor of about 1 dB.
        rssi_step_db: RSSI is reported in steps of this, as all Impinj logs at hand do.
        phase_noise_rad: Circular standard deviation within one channel; 0.135 measured at rest.
        phase_steps: Steps of a turn in which phase is reported; 12 bits in Impinj readers.
        pi_jump_share: Share of consecutive reads of a still tag that differ by pi. Measured: 2.3 %,
            0.2-0.9 % on two FCC sets, up to 9 % among many reflections.
        has_phase: Whether the reader reports phase; the ItemTest set does not.
        shuffled_share: Share of rows that go back in time; 14.6 % measured.
        itemtest_style: `en` for commas and decimal points, `fr` for semicolons and decimal commas.
        is_gzip: Whether NDJSON files are compressed.
        file_s: Seconds of true time per file; a multiple of `chunk_s`.
        chunk_s: Seconds simulated at once; bounds the memory.
    """

    region: Literal["fcc", "etsi"] = "fcc"
    fcc_dwell_s: float = 0.203
    etsi_dwell_s: float = 4.0
    rssi_noise_db: float = 0.6
    rssi_step_db: float = 0.5
    phase_noise_rad: float = 0.135
    phase_steps: int = 4096
    pi_jump_share: float = 0.023
    has_phase: bool = True
    shuffled_share: float = 0.146
    itemtest_style: Literal["en", "fr"] = "en"
    is_gzip: bool = True
    file_s: float = 3600.0
    chunk_s: float = 600.0


@dataclass(frozen=True)
class RadioSettings:
    """All settings of the simulated readers.

    Attributes:
        channel: Waves.
        motion: Tags.
        inventory: Rounds.
        report: Logs.
    """

    channel: ChannelSettings = ChannelSettings()
    motion: MotionSettings = MotionSettings()
    inventory: InventorySettings = InventorySettings()
    report: ReportSettings = ReportSettings()
