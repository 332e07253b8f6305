"""Every conversion gives the figure of the textbook; what nobody knows is refused and never guessed."""

import pytest

from heating.quantities import Unit, UnknownConversionError, to_canonical


@pytest.mark.parametrize(
    ("value", "unit", "canonical", "expected"),
    [
        (120.0, "t/h", Unit.CUBIC_METRE_PER_HOUR, 120.0),
        (3600.0, "L/h", Unit.CUBIC_METRE_PER_HOUR, 3.6),
        (1500.0, "L", Unit.CUBIC_METRE, 1.5),
        (2.5, "t", Unit.CUBIC_METRE, 2.5),
        (450.0, "kPa", Unit.MEGAPASCAL, 0.45),
        (16.0, "bar", Unit.MEGAPASCAL, 1.6),
        (10.0, "mH2O", Unit.MEGAPASCAL, 0.0980665),
        (0.35, "MPa", Unit.KILOPASCAL, 350.0),
        (1.2, "bar", Unit.KILOPASCAL, 120.0),
        (1.0, "MW", Unit.GIGAJOULE_PER_HOUR, 3.6),
        (1000.0, "kW", Unit.GIGAJOULE_PER_HOUR, 3.6),
        (1e6, "W", Unit.GIGAJOULE_PER_HOUR, 3.6),
        (1000.0, "kWh", Unit.GIGAJOULE, 3.6),
        (1.0, "MWh", Unit.GIGAJOULE, 3.6),
        (1000.0, "MJ", Unit.GIGAJOULE, 1.0),
        (1e6, "kJ", Unit.GIGAJOULE, 1.0),
        (1e9, "J", Unit.GIGAJOULE, 1.0),
        (2500.0, "W", Unit.KILOWATT, 2.5),
        (2.5, "MW", Unit.KILOWATT, 2500.0),
        (2.5, "MWh", Unit.KILOWATT_HOUR, 2500.0),
        (3600.0, "mV", Unit.VOLT, 3.6),
        (180.0, "cm", Unit.METRE, 1.8),
        (1800.0, "mm", Unit.METRE, 1.8),
        (68.0, "°F", Unit.CELSIUS, 20.0),
        (212.0, "F", Unit.CELSIUS, 100.0),
        (21.5, "C", Unit.CELSIUS, 21.5),
        (21.5, "℃", Unit.CELSIUS, 21.5),
        (21.5, "°C", Unit.CELSIUS, 21.5),
        (293.15, "K", Unit.CELSIUS, 20.0),
        (0.0, "", Unit.NONE, 0.0),
    ],
)
def test_a_value_of_a_device_in_the_unit_of_its_point(
    value: float, unit: str, canonical: Unit, expected: float
) -> None:
    assert to_canonical(value, unit=unit, canonical=canonical) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "canonical"),
    [
        ("F", Unit.KELVIN),
        ("°F", Unit.PERCENT),
        ("C", Unit.KELVIN),
        ("℃", Unit.MEGAPASCAL),
        ("K", Unit.MEGAPASCAL),
        ("kWh", Unit.KILOWATT),
        ("psi", Unit.MEGAPASCAL),
        ("", Unit.CELSIUS),
        ("kwh", Unit.GIGAJOULE),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(unit: str, canonical: Unit) -> None:
    with pytest.raises(UnknownConversionError, match="no conversion"):
        to_canonical(1.0, unit=unit, canonical=canonical)
