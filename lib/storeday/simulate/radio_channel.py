"""The radio channel: what one antenna receives from a tag, in strength and phase.

A wave goes from the antenna to the tag straight, by way of walls (mirror images of the antenna), of
fixed scatterers near the tag, and of bodies; the sum of these paths is squared, because the answer
comes back the same way. For a lone straight path of length d this is the radar law:
RSSI falls by 40 log10 d, phase grows by 4 pi d / lambda (Impinj application note "Low Level User
Data Support"; Miesen et al., RFID-TA 2013, doi:10.1109/RFID-TA.2013.6694499). A scatterer of radar
cross section s adds sqrt(s / 4 pi) / (d1 d2) to the amplitude (bistatic radar equation).

Places are metres, shape (n, 3); frequencies MHz; a `Crowd` gives bodies.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.radio_motion import TagStates
from storeday.simulate.radio_people import Crowd
from storeday.simulate.radio_settings import ChannelSettings

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Ints = NDArray[np.int64]

LIGHT_M_PER_US = 299.792458
# Nearer than this the far-field laws mean nothing.
_NEAREST_M = 0.2
# A dipole that points at the antenna still answers by its other polarisation.
_LEAST_AXIS_SHARE = 0.03
# A body reflects mainly at the chest, at this share of its height.
_CHEST = 0.7


@dataclass(frozen=True)
class Site:
    """An antenna and the room it hangs in.

    Attributes:
        place: Position, shape (3,).
        width_m: Extent of the room along x.
        depth_m: Extent along y.
    """

    place: Floats
    width_m: float
    depth_m: float


@dataclass(frozen=True)
class Moments:
    """Questions to the channel: tags at moments on a carrier, n each.

    Attributes:
        time_s: True times, shape (n,).
        states: Tags at these times.
        gain_db: Tags' own gain, shape (n,).
        scatterers: Scatterers near each tag, shape (n, s, 3).
        frequency_mhz: Carrier, shape (n,).
    """

    time_s: Floats
    states: TagStates
    gain_db: Floats
    scatterers: Floats
    frequency_mhz: Floats


def received(
    site: Site, moments: Moments, crowd: Crowd, settings: ChannelSettings
) -> tuple[Floats, Floats]:
    """Strength and phase of tags' answers, before the receiver's noise and rounding.

    Args:
        site: The antenna.
        moments: Tags, times and carriers; n of them.
        crowd: People of a stretch of time that holds all moments.
        settings: The channel.

    Returns:
        RSSI in dBm, shape (n,), and phase of the paths in rad, shape (n,), without the offsets of
        reader and tag, growing with distance. Tags that have left have -inf and NaN.
        Cost: n x people present for the search, a few complex exponentials per path.
    """
    wave_number = 2 * np.pi * moments.frequency_mhz / LIGHT_M_PER_US
    place = moments.states.place
    ray = place - site.place
    length = _length(ray)
    shadow, scattered = _bodies(site, moments, crowd, settings)
    total = _path(_pattern(ray, length, settings) * shadow / length, length, wave_number)
    total += _walls(site, place, wave_number, settings)
    total += _fixed(site, moments, wave_number, settings)
    total += scattered
    amplitude = np.abs(total)
    rssi = settings.rssi_at_1m_dbm + 40 * np.log10(np.maximum(amplitude, 1e-9))
    rssi += _axis_db(ray, length, moments.states.axis) + moments.gain_db - moments.states.loss_db
    gone = moments.states.is_gone
    return np.where(gone, -np.inf, rssi), np.where(gone, np.nan, -2 * np.angle(total))


def _length(vectors: Floats) -> Floats:
    return np.asarray(np.maximum(np.sqrt((vectors**2).sum(axis=-1)), _NEAREST_M))


def _path(amplitude: Floats, length: Floats, wave_number: Floats) -> Complexes:
    return np.asarray(amplitude * np.exp(-1j * wave_number * length))


def _pattern(ray: Floats, length: Floats, settings: ChannelSettings) -> Floats:
    """Amplitude that the antenna gives to a direction; it looks straight down."""
    angle = np.arccos(np.clip(-ray[..., 2] / length, -1.0, 1.0))
    loss_db = np.minimum(12 * (angle / settings.beam_rad) ** 2, settings.back_loss_db)
    return np.asarray(10 ** (-loss_db / 20))


def _axis_db(ray: Floats, length: Floats, axis: Floats) -> Floats:
    """Loss of a dipole in a circular field, two ways: sin squared of its angle to the ray."""
    along = (axis * ray).sum(axis=1) / length
    return np.asarray(20 * np.log10(np.maximum(1 - along**2, _LEAST_AXIS_SHARE)))


def _walls(site: Site, place: Floats, wave_number: Floats, settings: ChannelSettings) -> Complexes:
    """First-order mirror images in four walls and the floor."""
    x, y, z = site.place
    images = (
        (-x, y, z),
        (2 * site.width_m - x, y, z),
        (x, -y, z),
        (x, 2 * site.depth_m - y, z),
        (x, y, -z),
    )
    total = np.zeros(len(place), np.complex128)
    for number, image in enumerate(images):
        ray = place - np.asarray(image)
        length = _length(ray)
        # The wave leaves the real antenna in the mirrored direction.
        seen = ray * np.array([1.0, 1.0, -1.0]) if number == 4 else ray
        amplitude = settings.wall_reflection * _pattern(seen, length, settings) / length
        total += _path(amplitude, length, wave_number)
    return total


def _fixed(
    site: Site, moments: Moments, wave_number: Floats, settings: ChannelSettings
) -> Complexes:
    total = np.zeros(len(moments.time_s), np.complex128)
    for number in range(moments.scatterers.shape[1]):
        scatterer = moments.scatterers[:, number]
        first = scatterer - site.place
        out, back = _length(first), _length(moments.states.place - scatterer)
        amplitude = settings.scatterer_size_m * _pattern(first, out, settings) / (out * back)
        total += _path(amplitude, out + back, wave_number)
    return total


def _bodies(
    site: Site, moments: Moments, crowd: Crowd, settings: ChannelSettings
) -> tuple[Floats, Complexes]:
    """What bodies take from the straight path, and what they add."""
    count = len(moments.time_s)
    scattered = np.zeros(count, np.complex128)
    if not crowd.height_m.size:
        return np.ones(count), scattered
    x, y = crowd.places(moments.time_s)
    place = moments.states.place
    apart = (x - place[:, 0:1]) ** 2 + (y - place[:, 1:2]) ** 2
    row, body = np.nonzero(apart < settings.body_range_m**2)
    sway = settings.body_sway_m * np.sin(
        2 * np.pi * (0.2 + 0.03 * (body % 7)) * moments.time_s[row] + body
    )
    centre = np.stack([x[row, body] + sway, y[row, body] + sway], axis=1)
    height = crowd.height_m[body]
    loss_db = settings.body_loss_db * np.exp(
        -((_clearance(site, place[row], centre, height) / settings.body_radius_m) ** 2)
    )
    shadow = 10 ** (-np.bincount(row, loss_db, count) / 20)
    chest = np.column_stack([centre, _CHEST * height])
    first = chest - site.place
    out, back = _length(first), _length(place[row] - chest)
    amplitude = settings.body_size_m * _pattern(first, out, settings) / (out * back)
    wave_number = 2 * np.pi * moments.frequency_mhz[row] / LIGHT_M_PER_US
    added = _path(amplitude, out + back, wave_number)
    scattered.real = np.bincount(row, added.real, count)
    scattered.imag = np.bincount(row, added.imag, count)
    return shadow, scattered


def _clearance(site: Site, place: Floats, centre: Floats, height: Floats) -> Floats:
    """Distance in plan of a body's axis from the part of the ray that is below the body's top.

    Infinite where the whole ray passes above.
    """
    drop = site.place[2] - place[:, 2]
    low = np.where(drop > 0, (site.place[2] - height) / np.maximum(drop, 1e-9), 0.0)
    line = place[:, :2] - site.place[:2]
    square = np.maximum((line**2).sum(axis=1), 1e-9)
    along = ((centre - site.place[:2]) * line).sum(axis=1) / square
    along = np.clip(along, np.clip(low, 0.0, 1.0), 1.0)
    nearest = site.place[:2] + along[:, None] * line
    distance = np.sqrt(((centre - nearest) ** 2).sum(axis=1))
    return np.where(low > 1.0, np.inf, distance)
