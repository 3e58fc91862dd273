import numpy as np
import pytest

from storeday.tracking import motion

SEED = 7
BOXES = np.array([[100.0, 200.0, 0.4, 80.0], [900.0, 500.0, 0.5, 300.0]])


class PlainFilter:
    """The textbook filter of one box: 8 x 8 matrices, no tricks."""

    def __init__(self, box):
        heights = self.heights(box[3])
        self.mean = np.concatenate((box, np.zeros(4)))
        self.covariance = np.diag(
            np.concatenate((motion.NEW_VALUE * heights**2, motion.NEW_VELOCITY * heights**2))
        )

    def heights(self, height):
        return np.array([height, height, 1.0, height])

    def predict(self, step_s):
        scale = self.heights(self.mean[3]) ** 2
        move = np.block([[np.eye(4), step_s * np.eye(4)], [np.zeros((4, 4)), np.eye(4)]])
        wander = np.diag(motion.WANDER_PER_S * scale)
        noise = np.block(
            [
                [wander * step_s**3 / 3, wander * step_s**2 / 2],
                [wander * step_s**2 / 2, wander * step_s],
            ]
        )
        noise[:4, :4] += np.diag(motion.DRIFT_PER_S * scale * step_s)
        self.mean = move @ self.mean
        self.covariance = move @ self.covariance @ move.T + noise

    def update(self, box):
        look = np.hstack((np.eye(4), np.zeros((4, 4))))
        measured = np.diag(motion.MEASURED * self.heights(self.mean[3]) ** 2)
        gain = self.covariance @ look.T @ np.linalg.inv(look @ self.covariance @ look.T + measured)
        self.mean = self.mean + gain @ (box - look @ self.mean)
        self.covariance = (np.eye(8) - gain @ look) @ self.covariance

    def bank(self):
        own = np.arange(4)
        return np.stack(
            (
                self.mean[:4],
                self.mean[4:],
                self.covariance[own, own],
                self.covariance[own, own + 4],
                self.covariance[own + 4, own + 4],
            )
        )


def test_equals_the_filter_with_full_matrices():
    print("seed", SEED)
    random = np.random.default_rng(SEED)
    plain = [PlainFilter(box) for box in BOXES]
    bank = motion.start(BOXES)
    for _ in range(40):
        step_s = random.uniform(0.03, 2.0)
        bank = motion.predict(bank, step_s)
        for one in plain:
            one.predict(step_s)
        measured = BOXES * random.normal(1, 0.05, BOXES.shape)
        rows = np.flatnonzero(random.random(2) < 0.7)
        motion.update(bank, rows, measured[rows])
        for row in rows:
            plain[row].update(measured[row])
        expected = np.stack([one.bank() for one in plain], axis=1)
        np.testing.assert_allclose(bank, expected, rtol=1e-9, atol=1e-9)


def test_hand_checked_step():
    # A box of height 100 px: deviation 10 px of the centre, 80 px/s of its velocity. After 0.1 s:
    # 10² + (80 x 0.1)² + drift 30/400 x 0.1 x 100² + wander (2.7e4 x 0.1 / 160²) x 0.1³/3 x 100²
    # = 100 + 64 + 75 + 0.3515625 = 239.35. Measured with a deviation of 5 px, 10 px further right:
    # gain 239.35 / (239.35 + 25) = 0.90543.
    bank = motion.predict(motion.start(np.array([[50.0, 50.0, 0.4, 100.0]])), 0.1)
    assert bank[motion.VAR_VALUE, 0, 0] == pytest.approx(239.3515625)
    motion.update(bank, np.array([0]), np.array([[60.0, 50.0, 0.4, 100.0]]))
    assert bank[motion.VALUE, 0, 0] == pytest.approx(59.0543, abs=1e-4)
    assert motion.centre_deviation(bank)[0] == pytest.approx(
        np.sqrt(239.3516 * 0.09457) / 100, rel=1e-3
    )


def test_two_steps_equal_their_sum():
    # Exactly so while the height stands still, since noise is measured in heights.
    bank = motion.start(BOXES)
    bank[motion.VELOCITY, :, :2] = 30.0
    twice = motion.predict(motion.predict(bank, 0.2), 0.3)
    np.testing.assert_allclose(twice, motion.predict(bank, 0.5), rtol=1e-12)


def test_learns_a_velocity_from_uneven_frames():
    bank = motion.start(BOXES[:1])
    time_s = 0.0
    for step_s in (0.2, 1.0, 0.2, 0.2, 0.6, 0.2, 1.0, 0.2) * 3:
        time_s += step_s
        bank = motion.predict(bank, step_s)
        motion.update(bank, np.array([0]), BOXES[:1] + np.array([40.0 * time_s, 0, 0, 0]))
    assert bank[motion.VELOCITY, 0, 0] == pytest.approx(40.0, rel=0.01)
    assert bank[motion.VELOCITY, 0, 1] == pytest.approx(0.0, abs=1e-9)


def test_no_boxes():
    bank = motion.start(np.empty((0, 4)))
    assert motion.predict(bank, 1.0).shape == (5, 0, 4)
