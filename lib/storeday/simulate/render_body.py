"""A mannequin: joints of walking, standing and reaching bodies, and the solids around them.

Segment lengths are shares of body height from Drillis and Contini (1966), as printed in Winter,
Biomechanics and Motor Control of Human Movement, 4th ed., 2009, figure 4.1: upper arm 0.186,
forearm 0.146, thigh 0.245, shank 0.246, ankle height 0.039, shoulder height 0.818, hip height
0.530, half shoulder width 0.129. A reaching arm is solved as two bones (law of cosines), elbow
down and out.

Every solid is the convex hull of balls around some joints, which in the image is close to the
convex hull of discs.

Conventions: world metres, z up; body frame forward, left, up; radii as shares of body height.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_motion import Poses

Floats = NDArray[np.float64]

JOINTS = (
    "crown", "nape", "brow", "chin", "neck", "shoulder_l", "shoulder_r", "waist_l", "waist_r",
    "hip_l", "hip_r", "knee_l", "knee_r", "ankle_l", "ankle_r", "toe_l", "toe_r", "elbow_l",
    "elbow_r", "wrist_l", "wrist_r", "hand_l", "hand_r", "hem_l", "hem_r", "cloth_l", "cloth_r",
    "hair_end", "grip", "eye_l", "eye_r",
)  # fmt: skip
INDEX = {name: number for number, name in enumerate(JOINTS)}
HEAD = ("crown", "nape", "brow", "chin", "hair_end", "eye_l", "eye_r")

UPPER_ARM, FOREARM, PALM = 0.186, 0.146, 0.045
THIGH, SHANK, ANKLE = 0.245, 0.246, 0.039
# Elbow of an arm that carries something, and of one that hangs.
CARRY_RAD, HANG_RAD = 0.35, 0.3
# Who looks at goods holds them in both hands, this far apart, bows the head, and has the elbows out
# by this share of how far they hang down.
HANDS_APART_M, BOW_RAD, ELBOW_OUT = 0.22, 0.45, 0.7
SLEEVE_ABDUCTION_RAD = 0.16
GARMENT_M, GARMENT_HALF_WIDTH_M = 0.5, 0.17


@dataclass(frozen=True)
class Solid:
    """The convex hull of balls around joints.

    Attributes:
        slot: Which colour of a look it takes.
        joints: Names.
        radii: One per joint, shares of body height.
        wears: None, or the condition (a flag of the look, or "garment") under which it is there.
    """

    slot: str
    joints: tuple[str, ...]
    radii: tuple[float, ...]
    wears: str = ""


def _pair(slot: str, joints: tuple[str, ...], radii: tuple[float, ...]) -> tuple[Solid, Solid]:
    left, right = (tuple(f"{joint}_{side}" for joint in joints) for side in "lr")
    return Solid(slot, left, radii), Solid(slot, right, radii)


SOLIDS: tuple[Solid, ...] = (
    *_pair("shoes", ("ankle", "toe"), (0.024, 0.018)),
    *_pair("bottom", ("knee", "ankle"), (0.037, 0.029)),
    *_pair("bottom", ("hip", "knee"), (0.058, 0.04)),
    Solid("bottom", ("hip_l", "hip_r", "hem_l", "hem_r"), (0.06, 0.06, 0.05, 0.05), "has_skirt"),
    Solid("bottom", ("hip_l", "hip_r", "waist_l", "waist_r"), (0.058, 0.058, 0.045, 0.045)),
    Solid("vest", ("shoulder_l", "shoulder_r", "waist_l", "waist_r", "hip_l", "hip_r"),
          (0.042, 0.042, 0.052, 0.052, 0.053, 0.053)),
    Solid("skin", ("neck", "chin"), (0.032, 0.03)),
    *_pair("top", ("shoulder", "elbow"), (0.036, 0.027)),
    *_pair("sleeve", ("elbow", "wrist"), (0.027, 0.019)),
    *_pair("skin", ("wrist", "hand"), (0.017, 0.023)),
    Solid("skin", ("brow", "chin"), (0.05, 0.034)),
    Solid("eyes", ("eye_l", "eye_r"), (0.008, 0.008)),
    Solid("hair", ("crown", "nape"), (0.054, 0.044)),
    Solid("hair", ("crown", "hair_end"), (0.05, 0.036), "has_long_hair"),
    Solid("garment", ("grip", "cloth_l", "cloth_r"), (0.01, 0.014, 0.014), "garment"),
)  # fmt: skip


def joints_of(poses: Poses, height_m: Floats, build: Floats) -> Floats:
    """Joints of bodies in the world.

    Args:
        poses: n poses.
        height_m: Body height of each, shape (n,).
        build: Width against the average, shape (n,).

    Returns:
        World points in the order of `JOINTS`, shape (n, 31, 3). The lower sole stands on the floor.

    Example:
        >>> still = Poses(*(np.zeros(1, int),) * 2, np.zeros((1, 2)), *(np.zeros(1),) * 4,
        ...               np.zeros((1, 3)), np.full(1, -1))
        >>> joints_of(still, np.array([1.7]), np.ones(1))[0, INDEX["crown"], 2].round(2)
        np.float64(1.6)
    """
    body = _Body(len(poses.frame))
    _legs(body, poses)
    _trunk(body, poses, build, height_m)
    points = body.points * height_m[:, None, None]
    cos, sin = np.cos(poses.heading_rad), np.sin(poses.heading_rad)
    zero, one = np.zeros_like(cos), np.ones_like(cos)
    to_world = np.stack(
        [
            np.stack([cos, -sin, zero], 1),
            np.stack([sin, cos, zero], 1),
            np.stack([zero, zero, one], 1),
        ],
        axis=1,
    )
    points = np.asarray(np.einsum("nij,nkj->nki", to_world, points), np.float64)
    points[:, :, :2] += poses.place_m[:, None]
    _arms(points, poses, height_m, to_world)
    _garment(points, poses, to_world)
    return np.asarray(points)


class _Body:
    """Joints in the body frame, in shares of height, set by name."""

    def __init__(self, count: int) -> None:
        self.points = np.zeros((count, len(JOINTS), 3))

    def put(
        self, name: str, forward: Floats | float, left: Floats | float, up: Floats | float
    ) -> None:
        for axis, value in enumerate((forward, left, up)):
            self.points[:, INDEX[name], axis] = value

    def get(self, name: str) -> Floats:
        return self.points[:, INDEX[name]]


def _legs(body: _Body, poses: Poses) -> None:
    """Hips, knees, ankles and toes, moved up or down until the lower sole touches the floor."""
    moving = np.clip(poses.swing_rad / 0.25, 0.0, 1.0)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        phase = poses.phase_rad + (0.0 if sign > 0 else np.pi)
        thigh = poses.swing_rad * np.sin(phase) + 0.04 * moving
        knee = 0.06 + 0.75 * moving * np.maximum(0.0, np.cos(phase + 0.5)) ** 2
        shank = thigh - knee
        hip = (0.0, sign * 0.05, 0.0)
        knee_at = (THIGH * np.sin(thigh), -THIGH * np.cos(thigh))
        ankle = (knee_at[0] + SHANK * np.sin(shank), knee_at[1] - SHANK * np.cos(shank))
        pitch = np.minimum(shank + 0.15, 0.0) * 0.8
        width = sign * (0.05 - 0.012 * moving)
        body.put(f"hip_{side}", *hip)
        body.put(f"knee_{side}", knee_at[0], width, knee_at[1])
        body.put(f"ankle_{side}", ankle[0] - 0.01, width, ankle[1] - ANKLE + 0.024)
        body.put(
            f"toe_{side}",
            ankle[0] + 0.1 * np.cos(pitch),
            width * 1.25,
            ankle[1] - ANKLE + 0.018 + 0.1 * np.sin(pitch),
        )
        body.put(f"hem_{side}", knee_at[0] * 0.8, sign * 0.06, -THIGH * 0.85)
    soles = np.stack(
        [body.get(f"{part}_{side}")[:, 2] - radius
         for part, radius in (("ankle", 0.024), ("toe", 0.018)) for side in "lr"]
    )  # fmt: skip
    body.points[:, :, 2] -= soles.min(axis=0)[:, None]


def _trunk(body: _Body, poses: Poses, build: Floats, height_m: Floats) -> None:
    """Trunk and head, leaning about the hips: a little while walking, far when a hand goes low."""
    hip_up = body.get("hip_l")[:, 2]
    low = np.clip((0.55 - poses.hand_m[:, 2] / height_m) / 0.45, 0.0, 1.0)
    lean = 0.03 + 0.25 * poses.swing_rad + poses.reach * (0.08 + 0.7 * low)
    twist = -0.2 * poses.swing_rad * np.sin(poses.phase_rad)
    sway = 0.004 * np.sin(poses.phase_rad * 0.5 + poses.place_m.sum(axis=1))
    cos, sin = np.cos(lean), np.sin(lean)

    def put(name: str, forward: float, left: float, up: float) -> None:
        """Takes forward, left and the height of an upright body of hip height 0.53."""
        ahead = forward + twist * left
        above = up - 0.53
        body.put(
            name, cos * ahead + sin * above, left * build + sway, hip_up + cos * above - sin * ahead
        )

    for side, sign in (("l", 1.0), ("r", -1.0)):
        put(f"shoulder_{side}", 0.0, sign * 0.092, 0.798)
        put(f"eye_{side}", 0.047, sign * 0.02, 0.928)
        put(f"waist_{side}", 0.0, sign * 0.04, 0.64)
    put("neck", 0.0, 0.0, 0.835)
    put("chin", 0.022, 0.0, 0.888)
    put("brow", 0.016, 0.0, 0.932)
    put("crown", -0.006, 0.0, 0.944)
    put("nape", -0.026, 0.0, 0.9)
    put("hair_end", -0.04, 0.0, 0.82)
    _bow(body, BOW_RAD * poses.reach)


def _bow(body: _Body, angle_rad: Floats) -> None:
    """Pitches the head forward about the neck."""
    neck = body.get("neck").copy()
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    for name in HEAD:
        offset = body.get(name) - neck
        body.put(
            name,
            neck[:, 0] + cos * offset[:, 0] + sin * offset[:, 2],
            neck[:, 1] + offset[:, 1],
            neck[:, 2] + cos * offset[:, 2] - sin * offset[:, 0],
        )


def _arms(points: Floats, poses: Poses, height_m: Floats, to_world: Floats) -> None:
    """Elbows, wrists and hands: swinging, carrying, or reaching; both hands, where one holds."""
    offset = poses.hand_m[:, :2] - poses.place_m
    left = to_world[:, :2, 1]
    # Right-handed unless the target lies well to the left.
    reaches_left = (offset * left).sum(axis=1) > 0.15
    for side, sign in (("l", 1.0), ("r", -1.0)):
        shoulder = points[:, INDEX[f"shoulder_{side}"]]
        phase = poses.phase_rad + (np.pi if sign > 0 else 0.0)
        swing = 0.8 * poses.swing_rad * np.sin(phase)
        carries = (poses.product >= 0) & (poses.reach < 0.3) & (sign < 0)
        bend = np.where(carries, CARRY_RAD, HANG_RAD + 0.5 * poses.swing_rad)
        elbow = shoulder + _along(
            to_world, swing, sign * SLEEVE_ABDUCTION_RAD, UPPER_ARM * height_m
        )
        reached = FOREARM + PALM
        hand = elbow + _along(to_world, swing + bend, 0.0, reached * height_m)
        is_other = reaches_left != (sign > 0)
        outward = sign * to_world[:, :, 1]
        goal = poses.hand_m + (HANDS_APART_M * is_other)[:, None] * outward
        weight = poses.reach * (~is_other | (poses.product >= 0))
        target = hand + weight[:, None] * (goal - hand)
        pole = ELBOW_OUT * outward - [0.0, 0.0, 1.0]
        bent, held = _two_bones(
            shoulder, target, UPPER_ARM * height_m, reached * height_m, pole=pole
        )
        mix = np.minimum(2 * weight, 1.0)[:, None]
        elbow, hand = elbow + mix * (bent - elbow), hand + mix * (held - hand)
        points[:, INDEX[f"elbow_{side}"]] = elbow
        points[:, INDEX[f"hand_{side}"]] = hand
        points[:, INDEX[f"wrist_{side}"]] = elbow + (hand - elbow) * (FOREARM / reached)


def _along(to_world: Floats, pitch: Floats, roll: float, length_m: Floats) -> Floats:
    """A bone that hangs down, pitched forward and rolled outward."""
    bone = np.stack(
        [np.sin(pitch), np.full_like(pitch, np.sin(roll)), -np.cos(pitch) * np.cos(roll)], axis=1
    )
    bone /= np.linalg.norm(bone, axis=1, keepdims=True)
    return np.asarray(np.einsum("nij,nj->ni", to_world, bone) * length_m[:, None])


def _two_bones(
    root: Floats, target: Floats, upper_m: Floats, lower_m: Floats, pole: Floats
) -> tuple[Floats, Floats]:
    """Middle joint, bent towards the pole, and end of two bones, as near to a target as it can."""
    offset = target - root
    distance = np.maximum(np.linalg.norm(offset, axis=1), 1e-6)
    axis = offset / distance[:, None]
    reach = np.clip(distance, np.abs(upper_m - lower_m) + 0.02, 0.99 * (upper_m + lower_m))
    along = (upper_m**2 - lower_m**2 + reach**2) / (2 * reach)
    aside = np.sqrt(np.maximum(upper_m**2 - along**2, 0.0))
    aside_axis = pole - (pole * axis).sum(axis=1, keepdims=True) * axis
    aside_axis /= np.maximum(np.linalg.norm(aside_axis, axis=1, keepdims=True), 1e-6)
    middle = root + along[:, None] * axis + aside[:, None] * aside_axis
    return middle, root + reach[:, None] * axis


def _garment(points: Floats, poses: Poses, to_world: Floats) -> None:
    """The hand that holds, and the lower corners of the garment that hangs from it."""
    offset = ((poses.hand_m[:, :2] - poses.place_m) * to_world[:, :2, 1]).sum(axis=1)
    swaps = (poses.reach >= 0.3) & (offset > 0.15)
    left_hand, right_hand = points[:, INDEX["hand_l"]], points[:, INDEX["hand_r"]]
    hand = np.where(swaps[:, None], left_hand, right_hand)
    points[:, INDEX["grip"]] = hand
    side = to_world[:, :, 1] * GARMENT_HALF_WIDTH_M
    below = np.maximum(hand[:, 2] - GARMENT_M, 0.05)
    for name, sign in (("cloth_l", 1.0), ("cloth_r", -1.0)):
        corner = hand + sign * side
        corner[:, 2] = below
        points[:, INDEX[name]] = corner
