"""Codes in the words people read: states, priorities, qualities, categories, verdicts and causes.

Every table maps a code of the domain or of the view models to a Chinese source text; a test holds the tables against
the enumerations. Codes nobody foresaw are shown as they are, never hidden. What does not live here: texts of alarm
rules (rule files) and labels of points (`heating.points`).
"""

from collections.abc import Mapping

from dashboard.web.languages import N_

__all__ = ["VERDICT_SENTENCES", "WORDS", "source_word"]

ALARM_STATES = {
    "normal": N_("已关闭"),
    "unack_active": N_("未确认·持续"),
    "ack_active": N_("已确认·持续"),
    "rtn_unack": N_("已恢复·未确认"),
    "shelved": N_("已搁置"),
    "suppressed_by_design": N_("被上级抑制"),
    "out_of_service": N_("停用"),
}
ALARM_EVENTS = {
    "raised": N_("发生"),
    "cleared": N_("恢复"),
    "acknowledged": N_("确认"),
    "acknowledge_expired": N_("确认到期"),
    "shelved": N_("搁置"),
    "unshelved": N_("取消搁置"),
    "shelve_expired": N_("搁置到期"),
    "inhibited": N_("被抑制"),
    "released": N_("解除抑制"),
    "escalated": N_("级别变更"),
    "corrected": N_("原因更正"),
    "attached": N_("并入事件"),
    "annunciated": N_("已播报"),
    "commented": N_("备注"),
    "superseded": N_("由新告警取代"),
}
PRIORITIES = {"1": N_("紧急"), "2": N_("高"), "3": N_("低"), "4": N_("记录")}
STATION_STATES = {
    "never": N_("从未上报"),
    "offline": N_("离线"),
    "stale": N_("数据陈旧"),
    "alarm": N_("有告警"),
    "online": N_("在线"),
}
LEVELS = {
    "source": N_("热源"),
    "branch": N_("支线"),
    "station": N_("站"),
    "circuit": N_("环路"),
    "building": N_("楼栋"),
    "riser": N_("单元立管"),
    "household": N_("住户"),
    "sensor": N_("传感器"),
}
QUALITIES = {
    "good": N_("正常"),
    "uncertain": N_("存疑"),
    "uncertain_time": N_("存疑：设备未给时间"),
    "uncertain_moved": N_("存疑：传感器被移动"),
    "uncertain_inconsistent": N_("存疑：数值互相矛盾"),
    "uncertain_unconfirmed": N_("存疑：可能是探头上电值，等待下一个读数"),
    "bad": N_("坏值"),
    "bad_range": N_("坏值：超出可能范围"),
    "bad_sensor_fault": N_("坏值：传感器故障"),
    "bad_sentinel": N_("坏值：探头未接"),
    "bad_device_dead": N_("坏值：设备已下线"),
    "missing": N_("未收到数据"),
}
CONTROL_MODES = {"0": N_("就地"), "1": N_("远程手动"), "2": N_("远程自动")}
EMITTERS = {"radiator": N_("散热器"), "floor": N_("地暖")}
CATEGORIES = {
    "no_heat": N_("不热"),
    "insufficient": N_("温度不够"),
    "leak": N_("漏水"),
    "noise": N_("噪声"),
    "other": N_("其他"),
}
URGENCIES = {"emergency": N_("特急"), "high": N_("加急"), "normal": N_("普通")}
TICKET_STATES = {
    "new": N_("新建"),
    "assigned": N_("已派单"),
    "on_site": N_("已到场"),
    "waiting": N_("等待中"),
    "resolved": N_("已处理待回访"),
    "closed": N_("已办结"),
    "cancelled": N_("已撤销"),
}
TICKET_EVENTS = {
    "noted": N_("备注"),
    "callback": N_("回访"),
    "assigned": N_("更改负责人"),
    "attached": N_("关联事件"),
}
CHANNELS = {
    "hotline": N_("热线"),
    "resident": N_("住户自报"),
    "import": N_("导入"),
    "simulator": N_("模拟"),
}
CONTRACTS = {"heating": N_("正常供暖"), "suspended": N_("已报停"), "vacant": N_("空置未供")}
POSITIONS = {
    "mid": N_("中间户"),
    "edge": N_("边户"),
    "top": N_("顶层"),
    "ground": N_("底层"),
    "top_edge": N_("顶层边户"),
}
CAUSES = {
    "suspended": N_("合同已报停"),
    "vacant": N_("登记为空置"),
    "no_sensor": N_("没有室温传感器，无法判断"),
    "sensor_silent": N_("传感器无数据"),
    "sensor_fault": N_("传感器故障"),
    "incident": N_("上级设施发生事件"),
    "station": N_("换热站供热异常"),
    "building": N_("楼栋入口或整栋偏冷"),
    "riser": N_("单元立管偏冷"),
    "single_home": N_("仅本户偏冷"),
    "not_cold": N_("室温达标"),
    "unknown": N_("未找到原因"),
}
ROLES = {
    "admin": N_("管理员"),
    "dispatcher": N_("调度员"),
    "hotline": N_("热线坐席"),
    "maintenance": N_("检修"),
    "regulator": N_("监管"),
    "welfare": N_("民生帮扶"),
    "wall": N_("大屏"),
    "resident": N_("住户"),
}
ACTIONS = {
    "acknowledge": N_("确认"),
    "shelve": N_("搁置"),
    "unshelve": N_("取消搁置"),
    "comment": N_("备注"),
}
VERDICTS = {
    "warm": N_("达标"),
    "cool": N_("偏低"),
    "cold": N_("低温"),
    "stale": N_("数据陈旧"),
    "sensor_fault": N_("传感器故障"),
    "no_sensor": N_("无传感器"),
    "suspended": N_("未供暖"),
}
VERDICT_SENTENCES = {
    "warm": N_("室温达到 %(standard)s °C 的标准。"),
    "cool": N_("室温低于 %(standard)s °C 的标准。"),
    "cold": N_("室温比 %(standard)s °C 的标准低了 2 °C 以上。"),
    "stale": N_("最近没有收到新数据，现在的室温不确定。"),
    "sensor_fault": N_("传感器故障，读数不可信。"),
    "no_sensor": N_("家中没有安装室温传感器。"),
    "suspended": N_("本户合同未供暖。"),
}
"""One plain sentence on a home's temperature, for the clerk and the resident."""

ROOMS = {"collector": N_("采集服务"), "alerting": N_("告警服务"), "dashboard": N_("页面服务")}
MISSING_ROOMS = {
    "collector": N_("新读数暂不入库，留在消息代理中"),
    "alerting": N_("规则没有判断，不会产生新告警，请人工监视"),
    "dashboard": N_("页面打不开"),
}
"""What it means for people that a part of the house does not run."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "action": ACTIONS,
    "alarm_event": ALARM_EVENTS,
    "alarm_state": ALARM_STATES,
    "category": CATEGORIES,
    "cause": CAUSES,
    "channel": CHANNELS,
    "contract": CONTRACTS,
    "control_mode": CONTROL_MODES,
    "emitter": EMITTERS,
    "level": LEVELS,
    "missing_room": MISSING_ROOMS,
    "position": POSITIONS,
    "priority": PRIORITIES,
    "quality": QUALITIES,
    "role": ROLES,
    "room": ROOMS,
    "station_state": STATION_STATES,
    "ticket_event": TICKET_EVENTS,
    "ticket_state": TICKET_STATES,
    "urgency": URGENCIES,
    "verdict": VERDICTS,
    "verdict_sentence": VERDICT_SENTENCES,
}
"""Tables by the name templates use."""


def source_word(kind: str, code: object) -> str:
    """Return the Chinese source text of a code; the code itself when the table does not know it.

    Raises
    ------
    KeyError
        When there is no table of that kind: a mistake in a template, not in data.
    """
    return WORDS[kind].get(str(code), str(code))
