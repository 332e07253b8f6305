"""Invented names of the default site: communities, streets in English, people and their telephone numbers.

What lives here: word lists and how they are combined. What does not: where anything stands (`simulators.site.generator`).
Nothing here is the name of a real community or person on purpose.
"""

__all__ = ["STREETS_EN", "community_name", "fictitious_phone", "person_name"]

STREETS_EN = {
    "希日塔拉街道": "Xirtal",
    "宝力根街道": "Baolgan",
    "杭盖街道": "Hanggai",
    "楚古兰街道": "Qogulan",
    "额尔敦街道": "Erdun",
    "南郊街道": "Nanjiao",
    "巴彦查干街道": "Bayan Qagan",
    "巴彦锡勒街道": "Bayan Xil",
}
"""The urban sub-districts of Xilinhot in which the default site stands."""

_FIRST = (
    "锦绣 Jinxiu,阳光 Yangguang,和谐 Hexie,团结 Tuanjie,幸福 Xingfu,温馨 Wenxin,明珠 Mingzhu,金色 Jinse,翠园 Cuiyuan,"
    "草原 Caoyuan,蓝天 Lantian,白云 Baiyun,九曲 Jiuqu,敖包 Aobao,牧人 Muren,骏马 Junma,哈达 Hada,安康 Ankang,"
    "吉祥 Jixiang,如意 Ruyi,平安 Ping'an,兴盛 Xingsheng,龙泉 Longquan,长青 Changqing,北岸 Bei'an,南湖 Nanhu,东升 Dongsheng,"
    "西景 Xijing,华府 Huafu,星河 Xinghe,望江 Wangjiang,银河 Yinhe,丽景 Lijing,绿洲 Lüzhou,春晖 Chunhui,秋实 Qiushi,"
    "百合 Baihe,紫荆 Zijing,金桥 Jinqiao,朝阳 Zhaoyang"
)
_SECOND = (
    "花园 Garden,家园 Homes,小区 Quarter,新村 New Village,苑 Court,里 Lane,名城 City,嘉园 Park,佳苑 Residence,"
    "公寓 Apartments,华庭 Mansions,新城 New Town"
)
_FIRST_PAIRS = tuple(pair.split(" ", 1) for pair in _FIRST.split(","))
_SECOND_PAIRS = tuple(pair.split(" ", 1) for pair in _SECOND.split(","))
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文建国志红梅春晓东海燕林峰云"
_PHONE_STRIDE = 61_234_567  # odd and no multiple of 5: walks through all 10^8 numbers before one comes twice


def community_name(number: int) -> tuple[str, str]:
    """Return Chinese and English name of a community; different for every number from 0.

    Parameters
    ----------
    number : int
        Running number; the lists are walked so that neighbours differ in both words.
    """
    first, first_en = _FIRST_PAIRS[number % len(_FIRST_PAIRS)]
    rest, shift = number // len(_FIRST_PAIRS), number % len(_FIRST_PAIRS)
    second, second_en = _SECOND_PAIRS[(rest + shift) % len(_SECOND_PAIRS)]
    phase = rest // len(_SECOND_PAIRS)
    if phase:
        return f"{first}{second}{phase + 1}期", f"{first_en} {second_en} Phase {phase + 1}"
    return f"{first}{second}", f"{first_en} {second_en}"


def person_name(draw: int) -> str:
    """Return an invented name for a non-negative random number."""
    draw, surname = divmod(draw, len(_SURNAMES))
    draw, first = divmod(draw, len(_GIVEN))
    second = draw % (len(_GIVEN) + 1)
    return _SURNAMES[surname] + _GIVEN[first] + _GIVEN[second : second + 1]


def fictitious_phone(number: int) -> str:
    """Return an 11-digit number that nobody has: prefix 100; different for every number below 10^8."""
    return f"100{(number * _PHONE_STRIDE + 20_241_015) % 100_000_000:08d}"
