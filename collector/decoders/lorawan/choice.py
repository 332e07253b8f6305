"""Which codec reads a device: by its name in a device map or device profile, or by the maker's block of device ids."""

from collections.abc import Sequence

from collector.decoders.lorawan.decentlab import decentlab_codec, decode_decentlab
from collector.decoders.lorawan.dragino import decode_lht52, decode_lht65
from collector.decoders.lorawan.elsys import decode_elsys
from collector.decoders.lorawan.frame import Codec
from collector.decoders.lorawan.mclimate import decode_mclimate, mclimate_codec
from collector.decoders.lorawan.milesight import decode_milesight

__all__ = ["codec_named", "codec_of_eui"]

_BY_WORD: Sequence[tuple[str, Codec]] = (
    ("lht52", decode_lht52),
    ("lht65", decode_lht65),
    ("vicki", mclimate_codec("vicki")),
    ("wirelessthermostat", mclimate_codec("thermostat")),
    ("mclimateht", mclimate_codec("ht")),
    ("htsensor", mclimate_codec("ht")),
    ("mclimateco2", mclimate_codec("co2")),
    ("mclimate", decode_mclimate),
    ("dliam", decentlab_codec("iam")),
    ("decentlabiam", decentlab_codec("iam")),
    ("sht21", decentlab_codec("sht21")),
    ("sht35", decentlab_codec("sht35")),
    ("dlds18", decentlab_codec("ds18")),
    ("ds18", decentlab_codec("ds18")),
    ("decentlab", decode_decentlab),
    ("elsys", decode_elsys),
    ("milesight", decode_milesight),
    ("ursalink", decode_milesight),
    ("em300", decode_milesight),
    ("em320", decode_milesight),
    ("em500", decode_milesight),
    ("am10", decode_milesight),
    ("wt101", decode_milesight),
    ("wt102", decode_milesight),
)
"""Word in a plain name → codec; the first that occurs wins."""
_BY_BEGINNING: Sequence[tuple[str, Codec]] = (
    ("ers", decode_elsys),
    ("ems", decode_elsys),
    ("elt", decode_elsys),
)
"""Beginning of a plain name → codec."""
_BY_EUI: Sequence[tuple[str, Codec]] = (
    ("a81758", decode_elsys),
    ("24e124", decode_milesight),
    ("70b3d57ba", decode_decentlab),
    ("70b3d52dd", decode_mclimate),
)
"""Block of device ids of a maker → codec. Dragino's is missing: its models cannot be distinguished by their bytes."""


def codec_named(*names: str | None) -> Codec | None:
    """Return the codec that the names of maker, model or profile speak of, None when they speak of none."""
    plain = ["".join(letter for letter in name.lower() if letter.isalnum()) for name in names if name]
    whole = "".join(plain)
    for word, codec in _BY_WORD:
        if word in whole:
            return codec
    for beginning, codec in _BY_BEGINNING:
        if any(name.startswith(beginning) for name in plain):
            return codec
    return None


def codec_of_eui(device: str) -> Codec | None:
    """Return the codec of the maker that owns a block of device ids, None when it is not known."""
    plain = device.lower().replace("-", "").replace(":", "")
    return next((codec for block, codec in _BY_EUI if plain.startswith(block)), None)
