"""A masked number can be recognised by who knows it, and not be dialled by who does not."""

import pytest

from heating.contacts import mask_phone


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812341234", "138****1234"),
        ("+8613812341234", "+86*******1234"),
        ("04791234", "047*1234"),
        ("1234567", "*****67"),
        ("8200123", "*****23"),
        ("123", "*23"),
        ("12", "12"),
        ("1", "1"),
        ("", ""),
    ],
)
def test_the_middle_of_a_number_is_hidden(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked
    assert len(masked) == len(phone)
