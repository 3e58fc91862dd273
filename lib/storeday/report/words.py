"""Numbers, times and dates as a reader sees them, units included.

What was not seen is never zero: None becomes words, not a number.
"""

import datetime as dt
from zoneinfo import ZoneInfo

NOT_SEEN = "not seen"
DASH = "–"
# Below this many seconds a length is told in seconds, below the next in minutes and seconds.
SECONDS_UP_TO, MINUTES_UP_TO = 90, 3600
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def count(value: float | None, decimals: int = 0) -> str:
    """A number with thousands apart.

    Example:
        >>> count(1234), count(0), count(None), count(2.345, 1)
        ('1,234', '0', 'not seen', '2.3')
    """
    return NOT_SEEN if value is None else f"{value:,.{decimals}f}"


def share(value: float | None) -> str:
    """A share of 1 in per cent; small ones with a digit more.

    Example:
        >>> share(0.256), share(0.0321), share(0.0), share(1.0), share(0.9996), share(None)
        ('26%', '3.2%', '0%', '100%', '99.9%', 'not seen')
    """
    if value is None:
        return NOT_SEEN
    per_cent = 100 * value
    if per_cent and abs(per_cent) < 9.95:
        return f"{per_cent:.1f}%"
    # All but everything must not look like everything.
    if 99.5 <= per_cent < 100:
        return f"{min(per_cent, 99.9):.1f}%"
    return f"{per_cent:.0f}%"


def length(seconds: float | None) -> str:
    """A length of time.

    Example:
        >>> length(42.4), length(125), length(180), length(5400), length(None)
        ('42 s', '2 min 05 s', '3 min', '1 h 30 min', 'not seen')
    """
    if seconds is None:
        return NOT_SEEN
    if seconds < SECONDS_UP_TO:
        return f"{seconds:.0f} s"
    if seconds < MINUTES_UP_TO:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"


def expected(value: float | None) -> str:
    """An expected number, which need not be whole: a digit more while it is small.

    Example:
        >>> expected(3.14), expected(31.4), expected(0.0), expected(None)
        ('3.1', '31', '0', 'not seen')
    """
    return count(value, 1 if value and value < 9.95 else 0)


def minutes(seconds: float | None) -> str:
    """A length of time in minutes and seconds, short.

    Example:
        >>> minutes(285), minutes(42), minutes(3700), minutes(None)
        ('4:45', '0:42', '61:40', 'not seen')
    """
    if seconds is None:
        return NOT_SEEN
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}:{rest:02d}"


def hour_span(local_hour: int) -> str:
    """A local hour, from its start to its end.

    Example:
        >>> hour_span(9), hour_span(23)
        ('09:00–10:00', '23:00–00:00')
    """
    return f"{local_hour:02d}:00–{(local_hour + 1) % 24:02d}:00"


def date_words(date: dt.date) -> str:
    """A date with its weekday.

    Example:
        >>> date_words(dt.date(2026, 3, 14))
        'Saturday 14 March 2026'
    """
    return f"{WEEKDAYS[date.weekday()]} {date.day} {MONTHS[date.month - 1]} {date.year}"


def short_date(date: dt.date) -> str:
    """A date in a few letters.

    Example:
        >>> short_date(dt.date(2026, 3, 14))
        'Sat 14 Mar'
    """
    return f"{WEEKDAYS[date.weekday()][:3]} {date.day} {MONTHS[date.month - 1][:3]}"


def clock(moment: dt.datetime, timezone: str) -> str:
    """The local time of a moment, to the second.

    Args:
        moment: The moment, with its zone.
        timezone: IANA name of the store's zone.
    """
    return f"{moment.astimezone(ZoneInfo(timezone)):%H:%M:%S}"


def change(now: float, before: float) -> str:
    """How a number changed, in per cent of what it was; the difference where it was zero.

    Example:
        >>> change(110, 100), change(95, 100), change(3, 0), change(5, 5)
        ('+10%', '−5%', '+3', 'same')
    """
    if now == before:
        return "same"
    if before == 0:
        return signed(now)
    per_cent = 100 * (now - before) / before
    return "same" if abs(per_cent) < 0.5 else f"{signed(per_cent)}%"


def signed(value: float) -> str:
    """A number with its sign, in whole."""
    return f"{'+' if value > 0 else '−'}{abs(value):,.0f}"


def listed(names: list[str], most: int = 3) -> str:
    """Names in a row, the rest counted.

    Example:
        >>> listed(["a"]), listed(["a", "b"]), listed(list("abcde"))
        ('a', 'a and b', 'a, b, c and 2 more')
    """
    if len(names) <= 1:
        return "".join(names)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
