"""Water as all models of the simulator see it: one density and heat capacity.

What lives here: constants. What does not: anything that depends on them. One constant pair everywhere makes heat
balances close exactly; between 40 and 100 °C the product of both varies by 2 % (IAPWS-IF97).
"""

__all__ = ["WATER_KG_PER_M3", "WATER_KJ_PER_M3_K", "WATER_KW_PER_M3_PER_H_K"]

WATER_KG_PER_M3 = 988.0
"""Density at 50 °C [kg/m³]."""
WATER_KW_PER_M3_PER_H_K = 1.148
"""Heat carried by 1 m³/h and 1 K [kW]: 988 kg/m³ times 4.182 kJ/(kg K) over 3600 s."""
WATER_KJ_PER_M3_K = WATER_KW_PER_M3_PER_H_K * 3600
"""Heat capacity of a cubic metre [kJ/(m³ K)]."""
