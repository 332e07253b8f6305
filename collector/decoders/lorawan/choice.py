"""Which codec reads a device: by the name of its model in a device map or device profile, or by the maker's block of ids.

A model is known by its name, never by the length of its frames. A model that is named and not known, and a device of
which only the maker is known, are refused with a hint where the maker's models differ.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from collector.decoders.lorawan.decentlab import DECENTLAB_MODELS, decentlab_codec
from collector.decoders.lorawan.dragino import decode_lht52, decode_lht65
from collector.decoders.lorawan.elsys import decode_elsys
from collector.decoders.lorawan.frame import Codec, FrameError, Uplink
from collector.decoders.lorawan.mclimate import MCLIMATE_MODELS, mclimate_codec
from collector.decoders.lorawan.milesight import milesight_codec, unnamed_milesight
from collector.decoders.lorawan.milesight_models import MODELS

__all__ = ["codec_named", "codec_of_eui"]

_MILESIGHT: Final = re.compile(
    r"(?<![a-z0-9])((?:em|am|wt|ws|ts|vs|uc|ct|at|ds|gs|sg|tb|ft|vt)[0-9]{3})(?:([-_ (]?)([a-z]{1,5}[0-9]{0,3}|v[0-9]))?(?![a-z0-9])"
)
"""A Milesight model: its series, and the letters behind it with what parts them."""
_SAME_MODEL: Final = frozenset({"l", "lora", "eu", "us", "cn"})
"""Letters behind a series that do not make another model."""


def _refused(what: str, known: Sequence[str]) -> Codec:
    def refuse(data: bytes, f_port: int | None) -> Uplink:
        del data, f_port
        raise FrameError(
            f"{what}: name a known model in the device map ({', '.join(known)}), or let the server decode"
        )

    return refuse


def _milesight(words: frozenset[str], names: str) -> Codec | None:
    found = _MILESIGHT.search(names)
    if found is None:
        return unnamed_milesight if words & {"milesight", "ursalink"} else None
    series, parted, letters = found[1], found[2], found[3] or ""
    if series + letters in MODELS:
        return milesight_codec(series + letters)
    other = letters and parted != " " and letters not in _SAME_MODEL
    if series in MODELS and not other:
        return milesight_codec(series)
    if words & {"milesight", "ursalink", "iot"} or series[:2] in ("em", "am", "wt"):
        return _refused(f"the Milesight model {series}{letters} is not known", list(MODELS))
    return None


def _decentlab(words: frozenset[str], names: str) -> Codec | None:
    plain = {word.removeprefix("dl") for word in words}
    model = next((name for name in DECENTLAB_MODELS if name in plain), None)
    if model is not None:
        return decentlab_codec(model)
    if words & {"decentlab", "dl"} or re.search(r"(?<![a-z0-9])dl[a-z]{2,4}[0-9]{0,2}(?![a-z0-9])", names):
        return _refused("this Decentlab model is not known", DECENTLAB_MODELS)
    return None


_OTHER_MCLIMATE: Final = frozenset(
    {
        "display",
        "lite",
        "pir",
        "fan",
        "coil",
        "aqi",
        "button",
        "relay",
        "multi",
        "leak",
        "plug",
        "16a",
        "door",
        "window",
    }
)
"""Words that make another model of a name with «ht» or «co2» in it."""


def _mclimate(words: frozenset[str], names: str) -> Codec | None:
    del names
    if "vicki" in words:
        return mclimate_codec("vicki")
    if "wirelessthermostat" in words or {"wireless", "thermostat"} <= words:
        return mclimate_codec("thermostat")
    if "mclimate" not in words:
        return None
    for word, model in (("ht", "ht"), ("htsensor", "ht"), ("co2", "co2"), ("co2sensor", "co2")):
        if word in words and not words & _OTHER_MCLIMATE:
            return mclimate_codec(model)
    return _refused("this MClimate model is not known", MCLIMATE_MODELS)


def _dragino(words: frozenset[str], names: str) -> Codec | None:
    del names
    if words & {"vib", "pir", "door", "st"}:
        return None
    if any("lht52" in word for word in words):
        return decode_lht52
    return decode_lht65 if any("lht65" in word for word in words) else None


def _elsys(words: frozenset[str], names: str) -> Codec | None:
    del names
    known = any(word.startswith(("elsys", "ers", "ems", "elt")) for word in words)
    return decode_elsys if known else None


@dataclass(frozen=True, slots=True)
class _Maker:
    """How a maker's devices are told apart."""

    eui: str
    """Its block of device ids; empty: its models cannot be told apart by their bytes, so the block tells nothing."""
    named: Callable[[frozenset[str], str], Codec | None]
    """Takes the words of the names and the names; returns the codec, None when they speak of another maker."""
    unnamed: Codec | None
    """Reads a device of which only the maker is known."""


_MAKERS: Final[Sequence[_Maker]] = (
    _Maker("", _dragino, None),
    _Maker("24e124", _milesight, unnamed_milesight),
    _Maker("70b3d57ba", _decentlab, _refused("a Decentlab device without a model", DECENTLAB_MODELS)),
    _Maker("70b3d52dd", _mclimate, _refused("an MClimate device without a model", MCLIMATE_MODELS)),
    _Maker("a81758", _elsys, decode_elsys),
)


def codec_named(*names: str | None) -> Codec | None:
    """Return the codec that the names of maker, model or profile speak of, None when they speak of none."""
    told = " ".join(name.lower().replace("_", "-") for name in names if name)
    words = frozenset(re.findall(r"[a-z0-9]+", told))
    return next((codec for maker in _MAKERS if (codec := maker.named(words, told)) is not None), None)


def codec_of_eui(device: str) -> Codec | None:
    """Return the codec of the maker that owns a block of device ids, None when it is not known."""
    plain = device.lower().replace("-", "").replace(":", "")
    return next((maker.unnamed for maker in _MAKERS if maker.eui and plain.startswith(maker.eui)), None)
