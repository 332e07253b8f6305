"""The table of canonical points; `heating.points` makes `Point` values of it.

Columns: measurements (``*``: every one), name, unit, lowest and highest plausible value, kind, symbol of rules and
schematics, Chinese label, English label. ``N`` in a name stands for each pump number. What each circuit of a
station has of its own is a point of both: of the circuit where a station has several, else of the station. Source:
domain.md.
"""

__all__ = ["POINT_TABLE"]

POINT_TABLE = """
station         | primary_supply_temp_c                  | °C   | -40    | 200   | gauge    | t1s     | 一次供温       | Primary supply temperature
station         | primary_return_temp_c                  | °C   | -40    | 200   | gauge    | t1r     | 一次回温       | Primary return temperature
station         | primary_supply_pressure_mpa            | MPa  | -0.1   | 4     | gauge    | p1s     | 一次供压       | Primary supply pressure
station         | primary_return_pressure_mpa            | MPa  | -0.1   | 4     | gauge    | p1r     | 一次回压       | Primary return pressure
station         | primary_flow_m3_per_h                  | m³/h | -3000  | 3000  | gauge    | g1      | 一次瞬时流量   | Primary flow
station         | primary_volume_total_m3                | m³   | 0      | 1e+10 | total    | -       | 一次累计流量   | Primary volume
station         | primary_heat_rate_gj_per_h             | GJ/h | -500   | 1000  | gauge    | q1      | 瞬时热量       | Heat rate
station         | primary_heat_total_gj                  | GJ   | 0      | 1e+10 | total    | -       | 累计热量       | Heat total
station circuit | secondary_supply_temp_c                | °C   | -40    | 150   | gauge    | t2s     | 二次供温       | Secondary supply temperature
station circuit | secondary_supply_temp_setpoint_c       | °C   | 0      | 120   | setpoint | t2s_sp  | 二次供温设定   | Secondary supply setpoint
station circuit | secondary_return_temp_c                | °C   | -40    | 150   | gauge    | t2r     | 二次回温       | Secondary return temperature
station circuit | secondary_supply_pressure_mpa          | MPa  | -0.1   | 3     | gauge    | p2s     | 二次供压       | Secondary supply pressure
station circuit | secondary_return_pressure_mpa          | MPa  | -0.1   | 3     | gauge    | p2r     | 二次回压       | Secondary return pressure
station circuit | secondary_return_pressure_setpoint_mpa | MPa  | 0      | 3     | setpoint | p2r_sp  | 定压设定       | Pressure-holding setpoint
station circuit | secondary_flow_m3_per_h                | m³/h | -3000  | 3000  | gauge    | g2      | 二次流量       | Secondary flow
station circuit | secondary_diff_pressure_mpa            | MPa  | -1     | 2     | gauge    | -       | 二次压差       | Secondary differential pressure
station circuit | makeup_flow_m3_per_h                   | m³/h | -100   | 300   | gauge    | gmk     | 补水瞬时流量   | Make-up flow
station circuit | makeup_volume_total_m3                 | m³   | 0      | 1e+09 | total    | -       | 补水累计流量   | Make-up volume
station circuit | makeup_tank_level_m                    | m    | -0.1   | 20    | gauge    | lt      | 补水箱液位     | Make-up tank level
station circuit | valve_command_pct                      | %    | -5     | 105   | setpoint | vp_cmd  | 调节阀给定     | Valve command
station circuit | valve_position_pct                     | %    | -5     | 105   | gauge    | vp      | 调节阀反馈     | Valve position
station circuit | circulation_pump_N_running             | -    | 0      | 1     | flag     | runN    | N#循环泵运行   | Circulation pump N running
station circuit | circulation_pump_N_fault               | -    | 0      | 1     | flag     | fltN    | N#循环泵故障   | Circulation pump N fault
station circuit | circulation_pump_N_frequency_hz        | Hz   | 0      | 70    | gauge    | hzN     | N#循环泵频率   | Circulation pump N frequency
station circuit | circulation_pump_N_current_a           | A    | 0      | 1500  | gauge    | ampN    | N#循环泵电流   | Circulation pump N current
station circuit | circulation_pump_N_power_kw            | kW   | 0      | 1000  | gauge    | kwN     | N#循环泵功率   | Circulation pump N power
station circuit | makeup_pump_N_running                  | -    | 0      | 1     | flag     | -       | N#补水泵运行   | Make-up pump N running
station circuit | makeup_pump_N_fault                    | -    | 0      | 1     | flag     | -       | N#补水泵故障   | Make-up pump N fault
station circuit | makeup_pump_N_frequency_hz             | Hz   | 0      | 70    | gauge    | -       | N#补水泵频率   | Make-up pump N frequency
station         | strainer_primary_diff_pressure_mpa     | MPa  | -0.5   | 2     | gauge    | dp_str1 | 一次除污器压差 | Primary strainer Δp
station circuit | strainer_secondary_diff_pressure_mpa   | MPa  | -0.5   | 2     | gauge    | dp_str2 | 二次除污器压差 | Secondary strainer Δp
station circuit | exchanger_secondary_diff_pressure_mpa  | MPa  | -0.5   | 2     | gauge    | dp_hx2  | 板换二次压差   | Exchanger secondary Δp
station         | outdoor_temp_c                         | °C   | -60    | 60    | gauge    | t_out   | 室外温度(站)   | Outdoor temperature (station)
station         | electricity_total_kwh                  | kWh  | 0      | 1e+10 | total    | -       | 累计电量       | Electricity total
station         | voltage_a_v                            | V    | 0      | 500   | gauge    | -       | A相电压        | Voltage A
station         | voltage_b_v                            | V    | 0      | 500   | gauge    | -       | B相电压        | Voltage B
station         | voltage_c_v                            | V    | 0      | 500   | gauge    | -       | C相电压        | Voltage C
station         | current_a_a                            | A    | 0      | 3000  | gauge    | -       | A相电流        | Current A
station         | current_b_a                            | A    | 0      | 3000  | gauge    | -       | B相电流        | Current B
station         | current_c_a                            | A    | 0      | 3000  | gauge    | -       | C相电流        | Current C
station         | mains_power_ok                         | -    | 0      | 1     | flag     | pwr     | 市电正常       | Mains power
station         | flood_detected                         | -    | 0      | 1     | flag     | flood   | 站内积水       | Flood detected
station circuit | relief_valve_open                      | -    | 0      | 1     | flag     | -       | 泄压阀开启     | Relief valve open
station         | door_open                              | -    | 0      | 1     | flag     | door    | 门禁打开       | Door open
station circuit | control_mode                           | -    | 0      | 9     | mode     | mode    | 控制方式       | Control mode
building        | inlet_supply_temp_c                    | °C   | -40    | 150   | gauge    | tb_s    | 入口供温       | Inlet supply temperature
building        | inlet_return_temp_c                    | °C   | -40    | 150   | gauge    | tb_r    | 入口回温       | Inlet return temperature
building        | inlet_flow_m3_per_h                    | m³/h | -500   | 500   | gauge    | gb      | 入口流量       | Inlet flow
building        | inlet_diff_pressure_kpa                | kPa  | -500   | 1000  | gauge    | dpb     | 入口压差       | Inlet differential pressure
building        | balancing_valve_pct                    | %    | -5     | 105   | gauge    | vb      | 平衡阀开度     | Balancing valve
source          | source_supply_temp_c                   | °C   | -40    | 200   | gauge    | ts_src  | 热源供温       | Source supply temperature
source          | source_return_temp_c                   | °C   | -40    | 200   | gauge    | tr_src  | 热源回温       | Source return temperature
source          | source_flow_m3_per_h                   | m³/h | -50000 | 50000 | gauge    | gs_src  | 热源流量       | Source flow
source          | source_supply_pressure_mpa             | MPa  | -0.1   | 4     | gauge    | ps_src  | 热源供压       | Source supply pressure
source          | source_return_pressure_mpa             | MPa  | -0.1   | 4     | gauge    | pr_src  | 热源回压       | Source return pressure
source          | source_makeup_flow_m3_per_h            | m³/h | -1000  | 3000  | gauge    | gmk_src | 热源补水流量   | Source make-up flow
source          | source_heat_rate_gj_per_h              | GJ/h | -1000  | 50000 | gauge    | -       | 热源供热量     | Source heat rate
weather         | outdoor_temp_c                         | °C   | -60    | 60    | gauge    | -       | 室外温度       | Outdoor temperature
weather         | wind_speed_m_per_s                     | m/s  | 0      | 80    | gauge    | -       | 风速           | Wind speed
weather         | radiation_w_per_m2                     | W/m² | 0      | 1500  | gauge    | -       | 太阳辐射       | Solar radiation
weather         | forecast_1h_temp_c                     | °C   | -60    | 60    | gauge    | -       | 1小时预报      | Forecast in 1 h
weather         | forecast_3h_temp_c                     | °C   | -60    | 60    | gauge    | -       | 3小时预报      | Forecast in 3 h
weather         | forecast_6h_temp_c                     | °C   | -60    | 60    | gauge    | -       | 6小时预报      | Forecast in 6 h
weather         | forecast_12h_temp_c                    | °C   | -60    | 60    | gauge    | -       | 12小时预报     | Forecast in 12 h
weather         | forecast_24h_temp_c                    | °C   | -60    | 60    | gauge    | -       | 24小时预报     | Forecast in 24 h
room            | room_temp_c                            | °C   | -30    | 60    | gauge    | t_room  | 室温           | Room temperature
room            | room_humidity_pct                      | %    | 0      | 100   | gauge    | rh      | 室内湿度       | Room humidity
room            | battery_v                              | V    | 0      | 20    | gauge    | batt    | 电池电压       | Battery voltage
room            | battery_pct                            | %    | 0      | 100   | gauge    | -       | 电池电量       | Battery level
room            | signal_rssi_dbm                        | dBm  | -150   | 20    | gauge    | -       | 信号强度       | Signal strength
room            | sensor_fault                           | -    | 0      | 1     | flag     | -       | 传感器故障     | Sensor fault
room            | sensor_moved                           | -    | 0      | 1     | flag     | -       | 传感器移动     | Sensor moved
room            | low_battery                            | -    | 0      | 1     | flag     | -       | 电量低         | Low battery
room            | backfilled                             | -    | 0      | 1     | flag     | -       | 补传           | Backfilled
*               | gateway_online                         | -    | 0      | 1     | flag     | -       | 通讯在线       | Gateway online
"""
