"""Kalman filter for many boxes at once, in real time.

State of one box, as in SORT and ByteTrack: centre x, centre y, aspect, height, and the velocity of
each. Transition, noise and measurement tie each of the four only to its own velocity, so that the
filter with 8 x 8 matrices is exactly four filters with 2 x 2 ones. They are kept as five numbers
each: value, velocity, and the three distinct parts of their covariance. All boxes and all four are
computed together.

Motion is in continuous time: the value drifts and the velocity wanders by a variance per second, so
that a prediction over 0.5 s equals one over 0.2 s followed by one over 0.3 s, and frames may be
missing or uneven. With white noise of power q on the velocity, the covariance of (value, velocity)
grows over a step t by q [[t³/3, t²/2], [t²/2, t]] (Bar-Shalom, Li, Kirubarajan, Estimation with
Applications to Tracking and Navigation, 2001, section 6.2.2). Noise is measured in box heights, by
the height before the step.

Units: pixels, seconds; the aspect has none. Shapes: bank (5, n, 4), boxes (n, 4).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Rows of a bank, columns of a box.
VALUE, VELOCITY, VAR_VALUE, COVARIANCE, VAR_VELOCITY = range(5)
CENTRE_X, CENTRE_Y, ASPECT, HEIGHT = range(4)

# Below this a predicted height says nothing.
LEAST_HEIGHT_PX = 1.0

IN_HEIGHTS = np.array([1.0, 1.0, 0.0, 1.0])  # which of the four are measured in heights
IN_ONES = 1.0 - IN_HEIGHTS
# ByteTrack's released filter adds, per frame at 30 frames a second, standard deviations of h/20 to
# the values and 1e-2 to the aspect: variances 30 times that per second.
DRIFT_PER_S = 30.0 * (IN_HEIGHTS / 20**2 + IN_ONES * 1e-2**2)
# It adds h/160 per frame to the velocities, which is 1.05 h²/s³: a change of pace by 1.7 m/s every
# second. A tenth of it keeps the prediction of people who stand and browse where they are: in
# the CAMPUS auditorium IDF1 rose from 0.63 to 0.74 at five frames a second and from 0.53 to 0.69 at
# two. Simulated walkers paid for it at two (0.53 -> 0.33), not at five. Aspect: 1e-5 per frame.
WANDER_PER_S = 30.0**3 * (0.1 * IN_HEIGHTS / 160**2 + IN_ONES * 1e-5**2)
# Variance of a measured box: h/20, aspect 0.1 (ByteTrack).
MEASURED = IN_HEIGHTS / 20**2 + IN_ONES * 1e-1**2
# A new track: twice the measurement's deviation (ByteTrack), and the pace of a walker, 1.4 m/s at a
# height of 1.7 m.
NEW_VALUE = IN_HEIGHTS * (2 / 20) ** 2 + IN_ONES * 1e-2**2
NEW_VELOCITY = IN_HEIGHTS * 0.8**2 + IN_ONES * (30 * 1e-5) ** 2


def start(boxes: Floats) -> Floats:
    """A bank for boxes seen for the first time, at rest.

    Args:
        boxes: Centre x, centre y, aspect, height, (n, 4).

    Returns:
        Bank, (5, n, 4).
    """
    scale = _scale(boxes)
    bank = np.zeros((5, *boxes.shape))
    bank[VALUE] = boxes
    bank[VAR_VALUE] = NEW_VALUE * scale
    bank[VAR_VELOCITY] = NEW_VELOCITY * scale
    return bank


def predict(bank: Floats, step_s: float) -> Floats:
    """The bank some time later.

    Args:
        bank: Bank, (5, n, 4).
        step_s: Seconds to go ahead, not negative.

    Returns:
        A new bank.

    Example:
        >>> bank = start(np.array([[100.0, 50.0, 0.4, 80.0]]))
        >>> bank[VELOCITY, 0, CENTRE_X] = 20.0
        >>> predict(bank, 0.5)[VALUE, 0].tolist()
        [110.0, 50.0, 0.4, 80.0]
    """
    # The five numbers of a filter move linearly: value and velocity by [[1, t], [0, 1]] = F, the
    # parts of the covariance by F P F'.
    move = np.eye(5)
    move[VALUE, VELOCITY] = move[COVARIANCE, VAR_VELOCITY] = step_s
    move[VAR_VALUE, COVARIANCE] = 2 * step_s
    move[VAR_VALUE, VAR_VELOCITY] = step_s**2
    noise = np.multiply.outer((step_s**3 / 3, step_s**2 / 2, step_s), WANDER_PER_S)
    noise[0] += DRIFT_PER_S * step_s
    later: Floats = (move @ bank.reshape(5, -1)).reshape(bank.shape)
    later[VAR_VALUE:] += noise[:, None, :] * _scale(bank[VALUE])
    return later


def update(bank: Floats, rows: NDArray[np.int64], boxes: Floats) -> None:
    """Corrects rows of the bank by what was measured, in place.

    Args:
        bank: Bank, (5, n, 4).
        rows: Distinct rows of the bank, (k,).
        boxes: What was measured there, (k, 4).
    """
    before = bank[:, rows]
    variances = before[VAR_VALUE : COVARIANCE + 1]
    gains = variances / (variances[0] + MEASURED * _scale(before[VALUE]))
    # Value and velocity move by gain x surprise; the covariance shrinks by gain x (VAR_VALUE,
    # COVARIANCE), of which the last part is for the velocity alone.
    before[: VELOCITY + 1] += gains * (boxes - before[VALUE])
    before[VAR_VELOCITY] -= gains[1] * variances[1]
    variances *= 1.0 - gains[0]
    bank[:, rows] = before


def centre_deviation(bank: Floats) -> Floats:
    """Standard deviation of each box's centre along x, in its heights, (n,)."""
    height = np.maximum(bank[VALUE, :, HEIGHT], LEAST_HEIGHT_PX)
    deviation: Floats = np.sqrt(bank[VAR_VALUE, :, CENTRE_X]) / height
    return deviation


def _scale(boxes: Floats) -> Floats:
    """Square of what noise is measured in: the box's height, or 1 for the aspect."""
    scale: Floats = IN_HEIGHTS * boxes[..., HEIGHT:] ** 2 + IN_ONES
    return scale
