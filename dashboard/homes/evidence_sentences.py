"""Evidence codes and answer-script codes made into sentences, in the reader's language.

The views hand over codes and parameters and no sentence; here each code has one. A code without a sentence is
shown with its parameters: evidence is never hidden because a text is missing. What does not live here: how a cause
is found (`dashboard.homes.probable_cause`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.web.languages import MISSING, N_, Localiser
from dashboard.web.values import Bilingual
from dashboard.web.vocabulary import WORDS, source_word

__all__ = ["EVIDENCE", "SCRIPTS", "evidence_sentence", "script_sentence"]

EVIDENCE: Mapping[str, str] = {
    "contract": N_("合同状态：%(contract)s"),
    "sensor_silent": N_("传感器 %(silent_s)s没有数据"),
    "sensor_fault": N_("传感器报告故障，读数不可信"),
    "no_sensor": N_("家中没有安装室温传感器"),
    "root_alarm": N_("%(name)s，%(node)s，%(since)s起"),
    "incident": N_("%(name)s，%(node)s，%(since)s起"),
    "station_alarm": N_("换热站有告警：%(name)s"),
    "station_offline": N_("换热站数据中断 %(silent_s)s"),
    "station_deviation": N_("二次供温偏离设定 %(deviation_k)s K"),
    "station_supply": N_("换热站二次供温 %(value_c)s °C，设定 %(setpoint_c)s °C"),
    "station_normal": N_("换热站供温正常"),
    "building_cold": N_("本楼 %(counted)s 户有数据，%(cold)s 户偏冷"),
    "other_units": N_("其他单元 %(counted)s 户有数据，%(cold)s 户偏冷"),
    "riser_cold": N_("本单元 %(counted)s 户有数据，%(cold)s 户偏冷"),
    "neighbours_warm": N_("邻居室温正常：%(counted)s 户有数据，%(cold)s 户偏冷"),
    "neighbours_median": N_("本楼其他住户室温中位数 %(median_c)s °C"),
    "too_few_sensors": N_("楼内传感器太少，不能据此判断"),
    "room_now": N_("室温 %(value_c)s °C，标准 %(standard_c)s °C"),
    "room_low": N_("室温 %(value_c)s °C，低于标准 %(standard_c)s °C"),
    "outdoor": N_("室外温度 %(value_c)s °C"),
}
"""Sentence of each piece of evidence."""

SCRIPTS: Mapping[str, str] = {
    "suspended": N_("您家本供暖季已办理报停，所以没有供暖。如需恢复，我帮您登记复热申请。"),
    "vacant": N_("您家登记为空置，没有供暖。如已入住，我帮您登记恢复。"),
    "no_sensor": N_("您家没有安装测温设备，我先为您登记，安排师傅上门测温。"),
    "sensor_silent": N_("您家的测温设备暂时没有数据，我为您登记，安排师傅上门测温并检查设备。"),
    "sensor_fault": N_("您家的测温设备有故障，读数不准，我为您登记，安排师傅上门测温。"),
    "incident": N_("您家的供热受到一起正在处理的故障影响，抢修人员正在处理，恢复后我们会通知您。"),
    "incident_estimated": N_("您家的供热受到一起正在处理的故障影响，预计 %(estimated_end)s 恢复。"),
    "station": N_("为您家供热的换热站目前供温偏低，调度正在处理，我为您登记跟进。"),
    "building": N_("您所在的楼目前整体偏冷，我登记后安排师傅检查楼栋入口。"),
    "riser": N_("您所在的单元目前偏冷，我登记后安排师傅检查单元立管。"),
    "single_home": N_(
        "同楼邻居室温正常，可能是您家的阀门或管路问题。请先看看进户阀门是否打开，我安排师傅上门检查。"
    ),
    "not_cold": N_("目前测得的室温达到标准。如果您感觉不够暖和，我可以安排师傅上门测温。"),
    "unknown": N_("我先为您登记，安排师傅上门查看原因。"),
}
"""What the clerk may say, by code."""

_LENGTHS = ("_s",)
_WORD_PARAMETERS = {"contract": "contract", "level": "level", "node_level": "level", "state": "station_state"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """Parameters as they are shown: missing ones as a dash."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, MISSING)


def evidence_sentence(localiser: Localiser, code: str, parameters: Mapping[str, object]) -> str:
    """Return the sentence of one piece of evidence; a code without one is shown with its parameters."""
    return _sentence(localiser, EVIDENCE.get(code), code, parameters)


def script_sentence(localiser: Localiser, code: str, parameters: Mapping[str, object]) -> str:
    """Return what a clerk may say for a code."""
    return _sentence(localiser, SCRIPTS.get(code), code, parameters)


def _sentence(localiser: Localiser, source: str | None, code: str, parameters: Mapping[str, object]) -> str:
    shown = {name: _shown(localiser, name, value) for name, value in parameters.items()}
    if source is None:
        facts = " ".join(f"{name}={text}" for name, text in shown.items())
        return f"{code} {facts}".strip()
    return localiser.text(source) % _Shown(shown)


def _shown(localiser: Localiser, name: str, value: object) -> str:
    match value:
        case None:
            return MISSING
        case Bilingual():
            return value.in_locale(localiser.locale)
        case datetime():
            return localiser.moment(value)
        case bool() | int():
            return localiser.duration(value) if name.endswith(_LENGTHS) else str(value)
        case float():
            return localiser.duration(value) if name.endswith(_LENGTHS) else localiser.number(value)
        case Mapping():
            return localiser.pick(str(value.get("zh", "")), str(value.get("en", "")))
        case _ if name in _WORD_PARAMETERS and str(value) in WORDS[_WORD_PARAMETERS[name]]:
            return localiser.text(source_word(_WORD_PARAMETERS[name], value))
        case _:
            return str(value)
