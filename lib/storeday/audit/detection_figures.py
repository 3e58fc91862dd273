"""How well tag motion and customers' actions were detected.

- *rummage_auc*: windows ranked by `tag_score`, one being positive if its tag was handled in it;
  windows left without a verdict count as draws. The lake keeps windows of high scores only
  (`rfid.kept_share`): what lies between them counts in minutes that rank below all kept windows,
  level with each other, for every tag of the products file while readers heard anything.
- *rummage_precision*, *rummage_recall*: rummage events and true handlings of a tag, one to one.
- *action_precision*, *action_recall*: action events and true moments of handling of a person, one
  to one. Handlings that follow each other without a break are one action to the eye.
"""

import numpy as np
import pyarrow as pa

from storeday.audit.day import AuditDay
from storeday.audit.episodes import Episodes, pair_episodes
from storeday.audit.figure import Figure, share
from storeday.audit.handlings import (
    TOLERANCE_S,
    TrueHandlings,
    is_labelled,
    rummage_episodes,
    true_handlings,
)
from storeday.audit.ranking import area_under_curve
from storeday.contracts.columns import (
    US_PER_S,
    Bools,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)

RUMMAGE_NAMES = ("rummage_auc", "rummage_precision", "rummage_recall")
ACTION_NAMES = ("action_precision", "action_recall")
# A product carried on is handled for minutes, the action of taking it is over sooner: the study of
# association has nobody look at a garment for longer.
ACTION_S = 12.0
# The longest window of the rummage score.
MINUTE_S = 60.0
HOUR_S = 3600.0


def rummage_figures(day: AuditDay) -> list[Figure]:
    """Figures of tag motion; NaN where the truth names no handlings."""
    truth = true_handlings(day)
    if truth is None:
        return [Figure(name, np.nan) for name in RUMMAGE_NAMES]
    events = rummage_episodes(day, day.inputs.table("silver.rummage_events"))
    pair = pair_episodes(events, truth.episodes, TOLERANCE_S)
    found = np.append(truth.is_countable, False)[pair]
    judged = is_labelled(day, events.moment_s)
    return [
        _auc(day, truth),
        share(RUMMAGE_NAMES[1], int((judged & (pair >= 0)).sum()), int(judged.sum())),
        share(RUMMAGE_NAMES[2], int(found.sum()), int(truth.is_countable.sum())),
    ]


def action_figures(day: AuditDay) -> list[Figure]:
    """Figures of actions; NaN where the truth does not say who was where and handled what."""
    truth = true_handlings(day)
    if truth is None or day.crowd is None:
        return [Figure(name, np.nan) for name in ACTION_NAMES]
    true_actions = _true_actions(truth)
    actions = _actions(day)
    pair = pair_episodes(actions, true_actions, TOLERANCE_S)
    judged, is_hit = is_labelled(day, actions.moment_s), pair >= 0
    return [
        share(ACTION_NAMES[0], int((judged & is_hit).sum()), int(judged.sum())),
        share(ACTION_NAMES[1], int(is_hit.sum()), len(true_actions.key)),
    ]


def _auc(day: AuditDay, truth: TrueHandlings) -> Figure:
    """NaN where the lake tells neither scores nor when readers heard anything."""
    scores = day.inputs.table("silver.rummage_windows")["tag_score"]
    heard = day.inputs.table("silver.rummage_hours").num_rows
    if not heard and scores.null_count == len(scores):
        return Figure(RUMMAGE_NAMES[0], np.nan)
    score, is_positive = _scored_windows(day, truth)
    return Figure(RUMMAGE_NAMES[0], area_under_curve(score, is_positive), count=len(score))


def _scored_windows(day: AuditDay, truth: TrueHandlings) -> tuple[Floats, Bools]:
    """Score and truth of each tag's kept windows, and of the minutes between them.

    Returns:
        Scores, NaN without a verdict and minus infinity for minutes between kept windows; and
        whether the tag was handled then.
    """
    rows = day.inputs.table("silver.rummage_windows")
    tags = _tags(day, rows, truth)
    windows, score = _kept_windows(day, rows, tags)
    between = _minutes_between(day, windows, len(tags))
    cases = Episodes(
        *(
            np.concatenate([getattr(windows, name), getattr(between, name)])
            for name in ("key", "started_s", "ended_s", "moment_s")
        )
    )
    scores = np.concatenate([score, np.full(len(between.key), -np.inf)])
    known = is_labelled(day, cases.moment_s)
    handled = position_in(pa.array(truth.episodes.key.tolist(), pa.string()), tags)
    return scores[known], _touches(cases.of(known), truth.episodes.with_key(handled))


def _kept_windows(day: AuditDay, rows: pa.Table, tags: pa.Array) -> tuple[Episodes, Floats]:
    """Each reader, tag and window once, in store time, with the tag's score; keys number tags."""
    readers, tag = texts(rows["reader_id"]), position_in(texts(rows["epc"]), tags)
    start_us, length_s = times_us(rows["window_start"]), floats(rows["window_s"])
    length_us = np.rint(length_s * US_PER_S).astype(np.int64)
    keys = np.column_stack([_codes(readers), tag, start_us, length_us])
    _, first = np.unique(keys, axis=0, return_index=True)
    start_s = day.time.of_devices(start_us[first], readers.take(pa.array(first))) / US_PER_S
    windows = Episodes(tag[first], start_s, start_s + length_s[first], start_s)
    return windows, floats(rows["tag_score"])[first]


def _codes(names: pa.Array) -> Ints:
    return np.asarray(names.dictionary_encode().indices.to_numpy(), np.int64)


def _minutes_between(day: AuditDay, windows: Episodes, tags: int) -> Episodes:
    """Minutes in which readers heard anything, for each tag those without a kept window."""
    first, minutes = _minutes_heard(day, windows)
    start_s = np.asarray((first + np.tile(np.arange(minutes), tags)) * MINUTE_S, np.float64)
    spans = Episodes(np.repeat(np.arange(tags), minutes), start_s, start_s + MINUTE_S, start_s)
    return spans.of(~_touches(spans, windows))


def _tags(day: AuditDay, windows: pa.Table, truth: TrueHandlings) -> pa.Array:
    """Tags of the products file, of the kept windows and of the truth, in order."""
    products = texts(day.inputs.table("bronze.products")["epc"]).drop_null()
    handled = pa.array(truth.episodes.key.tolist(), pa.string())
    parts = [products, texts(windows["epc"]), handled]
    return pa.chunked_array(parts).unique().sort()


def _minutes_heard(day: AuditDay, windows: Episodes) -> tuple[int, int]:
    """First minute and number of minutes in which readers heard anything."""
    hours = day.inputs.table("silver.rummage_hours")
    start_s = day.time.of_devices(times_us(hours["hour_start"]), texts(hours["reader_id"]))
    heard = np.concatenate([windows.started_s, start_s / US_PER_S]) // MINUTE_S
    ends = np.concatenate([windows.ended_s, start_s / US_PER_S + HOUR_S]) // MINUTE_S
    if not len(heard):
        return 0, 0
    return int(heard.min()), int(ends.max() - heard.min()) + 1


def _touches(windows: Episodes, truth: Episodes) -> Bools:
    """Whether a tag is handled in each of its windows, in time n log n.

    A window is touched if more handlings of its tag began before its end than ended before its
    start.
    """
    tags, code = np.unique(np.concatenate([windows.key, truth.key]), return_inverse=True)
    window_tag, true_tag = code[: len(windows.key)], code[len(windows.key) :]
    begun = _rank(true_tag, truth.started_s, window_tag, windows.ended_s)
    over = _rank(true_tag, truth.ended_s, window_tag, windows.started_s)
    del tags
    return np.asarray(begun > over)


def _rank(tag: Ints, moment_s: Floats, at_tag: Ints, at_s: Floats) -> Ints:
    """How many moments of a tag lie before each given one."""
    # Moments after queries at equal times: strictly before.
    is_moment = np.repeat([1, 0], [len(tag), len(at_tag)])
    tags, times = np.concatenate([tag, at_tag]), np.concatenate([moment_s, at_s])
    order = np.lexsort((is_moment, times, tags))
    before = np.empty(len(order), np.int64)
    before[order] = np.cumsum(is_moment[order])
    # Counted over all tags; only differences within a tag are used.
    return before[len(tag) :]


def _actions(day: AuditDay) -> Episodes:
    """Action events by the true person that their customer stands for, in store time."""
    rows = day.inputs.table("silver.action_events")
    cameras = texts(rows["camera_id"])
    start, end, peak = (
        day.time.of_devices(times_us(rows[name]), cameras) / US_PER_S
        for name in ("started_at", "ended_at", "peak_time")
    )
    if day.crowd is None:
        raise ValueError("actions have no person without positions of the truth")
    person = day.crowd.stands_for(texts(rows["customer_id"]))
    return Episodes(person.astype(str), start, end, peak)


def _true_actions(truth: TrueHandlings) -> Episodes:
    """Moments of handling by person; those that follow each other without a break are one."""
    rows = np.flatnonzero(truth.is_countable)
    order = rows[np.lexsort((truth.episodes.started_s[rows], truth.person[rows]))]
    person, start = truth.person[order], truth.episodes.started_s[order]
    end = np.minimum(truth.episodes.ended_s[order], start + ACTION_S)
    # The latest end so far of the same person: later people are lifted above all earlier ones.
    first_s = start.min(initial=np.inf)
    lift = person * (end.max(initial=-np.inf) - first_s + 1.0) - first_s
    latest = np.asarray(np.maximum.accumulate(end + lift) - lift, np.float64)
    is_new = np.ones(len(person), bool)
    is_new[1:] = (np.diff(person) != 0) | (start[1:] > latest[:-1])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(person)) - 1 if len(first) else first
    return Episodes(person[first].astype(str), start[first], latest[last], start[first])
