"""Networks: what they are asked to say, that they learn, and that their export says the same."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from storeday.inference.sessions import open_session  # noqa: E402
from storeday.training.nets import appearance, detector, fitting, handling  # noqa: E402


def test_targets_put_a_box_back_together():
    boxes = np.array([[40, 40, 80, 160], [200, 20, 216, 60]], np.float32)
    target = detector.targets_of(boxes, np.ones(2, np.float32))
    rows, columns = np.nonzero(target.heat == 1)
    assert len(rows) == 2
    for row, column in zip(rows, columns, strict=True):
        left, up, right, down = target.sides[:, row, column] * detector.STRIDE
        x, y = (column + 0.5) * detector.STRIDE, (row + 0.5) * detector.STRIDE
        assert [x - left, y - up, x + right, y + down] in boxes.tolist()
    assert (target.weight[target.heat == 1] > 0).all()


def test_hidden_people_are_not_asked_for():
    boxes = np.array([[40, 40, 80, 160]], np.float32)
    target = detector.targets_of(boxes, np.array([0.1], np.float32))
    assert target.heat.max() == 0
    assert target.asked[25, 15] == 0
    assert target.asked[0, 80] == 1


def test_a_teachers_certainty_weighs_its_boxes():
    boxes = np.array([[40, 40, 80, 160], [200, 20, 216, 60]], np.float32)
    sure, half = (
        detector.targets_of(boxes, np.ones(2, np.float32), np.array(chance, np.float32))
        for chance in ([1.0, 1.0], [1.0, 0.5])
    )
    right = np.arange(detector.COLUMNS) > 40
    assert half.weight[:, ~right] == pytest.approx(sure.weight[:, ~right])
    assert half.weight[:, right] == pytest.approx(sure.weight[:, right] / 2)
    assert sorted(half.asked[half.heat == 1].tolist()) == [0.5, 1.0]
    assert (sure.asked == 1).all()
    pulls = []
    for target in (sure, half):
        raw = torch.zeros(1, 5, detector.ROWS, detector.COLUMNS, requires_grad=True)
        arrays = (target.heat, target.asked, target.sides, target.weight)
        detector.loss(raw, *(torch.from_numpy(each)[None] for each in arrays)).backward()
        pulls.append(raw.grad[0, 0].numpy()[sure.heat == 1])
    assert sorted(pulls[1] / pulls[0]) == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),
        ([1, 1, 1, 1], [2, 2, 2, 2], 0.25),
        ([2, 1, 2, 1], [1, 2, 1, 2], 4 / 12 - 4 / 16),
    ],
)
def test_generalised_overlap_by_hand(one, other, value):
    given = [torch.tensor(box, dtype=torch.float32).view(1, 4, 1) for box in (one, other)]
    assert detector.generalised_iou(*given).item() == pytest.approx(value)


def test_the_exported_detector_says_what_the_net_says(tmp_path):
    torch.manual_seed(1)
    net = detector.Boxes(fitting.Scaled(detector.Grid())).eval()
    detector.export(net, tmp_path / "d.onnx")
    pictures = np.random.default_rng(1).uniform(0, 255, (3, 3, 224, 384)).astype(np.float32)
    session = open_session(tmp_path / "d.onnx", ("CPUExecutionProvider",), threads=1)
    with torch.no_grad():
        said = net(torch.from_numpy(pictures)).numpy()
    told = session.run(pictures)[0]
    assert said.shape == (3, 56 * 96, 5)
    assert told[..., :4] == pytest.approx(said[..., :4], rel=1e-3, abs=1e-2)
    # Where two cells are as good as equal, rounding decides which of them is the peak.
    assert (np.abs(told[..., 4] - said[..., 4]) < 1e-4).mean() > 0.999


def test_a_classifier_learns_and_keeps_its_threshold(tmp_path):
    rng = np.random.default_rng(2)
    label = np.arange(64) % 2 == 0
    pictures = rng.uniform(0, 120, (64, 3, handling.HEIGHT_PX, handling.WIDTH_PX)).astype(
        np.float32
    )
    pictures[label, 2, 30:60] += 130
    given, asked = torch.from_numpy(pictures), torch.from_numpy(label.astype(np.float32))
    net = fitting.fit(
        handling.make_net(),
        lambda rng: rng.permutation(64),
        lambda _, rows: (given[rows], (asked[rows],)),
        lambda logit, target: torch.nn.functional.binary_cross_entropy_with_logits(
            logit[:, 0], target
        ),
        fitting.FitSettings(epochs=12, batch=16),
    )
    with torch.no_grad():
        logit = net(given)[:, 0].double().numpy()
    threshold = handling.pick_threshold(logit, label, 0.9)
    assert threshold.accuracy > 0.9
    handling.export(net, threshold, tmp_path / "h.onnx")
    session = open_session(tmp_path / "h.onnx", ("CPUExecutionProvider",), threads=1)
    told = session.run(pictures)[0][:, 0]
    assert told == pytest.approx(logit - threshold.logit, rel=1e-3, abs=1e-3)


def test_the_threshold_is_the_most_accurate_that_recalls_enough():
    logit = np.array([3.0, 2.0, 1.0, 0.5, 0.0, -1.0])
    label = np.array([True, True, False, False, True, False])
    best = handling.pick_threshold(logit, label, 0.9)
    assert (best.logit, best.recall) == (0.0, 1.0)
    assert handling.pick_threshold(logit, label, 0.6).logit == 2.0


def test_epochs_of_the_classifier_have_as_many_of_each():
    label = np.arange(100) < 7
    rows = handling.balanced_rows(label, np.random.default_rng(1))
    assert len(rows) == 14
    assert label[rows].sum() == 7


def test_people_come_side_by_side_and_those_with_one_crop_stay_out():
    person = np.array([0, 0, 0, 1, 2, 2, 2, 2, 2])
    rows = appearance.rows_by_person(person, 4, np.random.default_rng(1))
    assert sorted(person[rows].tolist()) == [0] * 4 + [2] * 4
    assert (np.diff(person[rows].reshape(2, 4)) == 0).all()


def test_contrast_is_less_where_people_lie_together():
    person = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    assert appearance.contrast(apart, person) < appearance.contrast(apart[[0, 2, 1, 3]], person)


def test_training_goes_on_from_weights_that_fit(tmp_path):
    kept = fitting.Weights(kept=tmp_path / "w.weights")
    torch.manual_seed(1)
    kept.keep(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 5)))
    given = torch.load(tmp_path / "w.weights", weights_only=True)
    other = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 4))
    own = other[1].weight.clone()
    start = fitting.Weights(start=tmp_path / "w.weights")
    start.loaded(other)
    assert torch.equal(other[0].weight, given["0.weight"])
    assert torch.equal(other[1].weight, own)
    with pytest.raises(ValueError, match="no weights of this network"):
        start.loaded(torch.nn.Conv2d(3, 8, 3))
