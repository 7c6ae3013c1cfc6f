"""Bursts in plain words."""

from datetime import datetime, timedelta

from starling.serving.burst_story import Story
from starling.serving.bursts import Burst
from starling.serving.web import formats

_FEW = 0.1
# How long a window is, by its name in an address.
windows = {"hour": "an hour", "6h": "6 hours", "day": "a day"}


def why(one: Burst) -> str:
    """What makes it a burst, in a sentence or two."""
    expected = f"{amount(one.expected_posts)} {'was' if one.expected_posts <= 1 else 'were'} expected"
    rose = f"#{one.hashtag} had {one.posts:,} posts of {one.authors:,} authors {when(one.since, one.until)}"
    copied = f"{one.copied_share:.0%} of the posts are copies of earlier ones."
    return f"{rose}, where {expected} from its own past at these hours of the week: {factor(one)}. {copied}"


def shared(told: Story) -> list[str]:
    """What the posts have in common, a sentence each."""
    said = []
    if told.beside:
        tags = ", ".join(f"#{tag} ({count:,})" for tag, count in told.beside[:5])
        said.append(f"Hashtags in the same posts: {tags}.")
    if told.words:
        said.append(f"Words that its texts share: {', '.join(word for word, _ in told.words)}.")
    if told.scored:
        many = f"of {told.scored:,} scored posts"
        said.append(f"Mean compound score {formats.score(told.mean_compound)} {many} (from -1 to +1).")
    else:
        said.append("None of its posts is in a language that VADER scores.")
    return said


def amount(expected: float) -> str:
    """
    >>> amount(13.4), amount(2.25), amount(0.5), amount(0.02)
    ('13', '2.2', '0.5', 'less than 0.1')
    """
    if expected < _FEW:
        return f"less than {_FEW}"
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"


def factor(one: Burst) -> str:
    """How many times what was expected; where next to nothing was, more than can be said."""
    if one.expected_posts < _FEW:
        return f"over {one.posts / _FEW:,.0f} times as many"
    return f"{one.factor:,.0f} times as many" if one.factor >= 10 else f"{one.factor:.1f} times as many"


def rate(q: float) -> str:
    """
    >>> rate(0.0321), rate(1e-9)
    ('0.032', '< 0.001')
    """
    return "< 0.001" if q < 0.001 else f"{q:.3f}"


def when(since: datetime, until: datetime) -> str:
    """
    >>> when(datetime(2019, 8, 12), datetime(2019, 8, 13))
    'on Monday 2019-08-12'
    >>> when(datetime(2019, 8, 12, 18), datetime(2019, 8, 13))
    'on Monday 2019-08-12 from 18:00 to 24:00'
    >>> when(datetime(2019, 8, 12, 18), datetime(2019, 8, 14))
    'from 2019-08-12 18:00 to 2019-08-14 00:00'
    """
    midnight = datetime.combine(since.date() + timedelta(days=1), datetime.min.time())
    if until > midnight:
        return f"from {formats.moment(since)} to {formats.moment(until)}"
    if until == midnight and since.time() == datetime.min.time():
        return f"on {since:%A %Y-%m-%d}"
    end = "24:00" if until == midnight else f"{until:%H:%M}"
    return f"on {since:%A %Y-%m-%d} from {since:%H:%M} to {end}"


def short(since: datetime, until: datetime) -> str:
    """
    >>> short(datetime(2019, 8, 12), datetime(2019, 8, 13)), short(datetime(2019, 8, 12, 18), datetime(2019, 8, 13))
    ('2019-08-12', '2019-08-12 18:00')
    """
    return f"{since:%Y-%m-%d}" if until - since >= timedelta(days=1) else formats.moment(since)
