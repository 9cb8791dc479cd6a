"""Invented names of the demo: a city, its districts, companies, streets and people.

The city and its codes 449900–449911 do not exist (registries/data/districts-demo.csv);
`yaohao init` refuses them for a real bureau.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Place(NamedTuple):
    """A district: its code, its name, and how many of each thousand entities are at work there."""

    code: str
    name: str
    weight: int


class Kind(NamedTuple):
    """A kind of entity: what a sheet calls it, how such bodies are called, the two characters with which
    their credit codes begin ("" for none), and how many there are among ten thousand.
    """

    words: str
    bodies: tuple[str, ...]
    prefix: str
    weight: int


CITY: Final = Place("449900", "云岭市", 1000)
BUREAU_NAME: Final = "云岭市人力资源和社会保障局（虚构）"

DISTRICTS: Final = (
    Place("449901", "东湖区", 148),
    Place("449902", "西岭区", 131),
    Place("449903", "南浦区", 122),
    Place("449904", "北桥区", 118),
    Place("449905", "江口区", 109),
    Place("449906", "金湾新区", 97),
    Place("449907", "梅林区", 88),
    Place("449908", "石塘县", 74),
    Place("449909", "清溪县", 61),
    Place("449910", "松岗县", 34),
    Place("449911", "海门市", 18),
)

FIRST: Final = (
    "华恒信德隆兴盛泰和嘉瑞昌安凯宏鼎金鸿裕诚同广润万利远东南方海天新正优佳美联合创智汇启元博众"
)
SECOND: Final = (
    "达通源丰茂顺发益康宁盈辉腾跃翔凌峰岳川泽洋江河湖林森木石玉珠宝星月晨曦明亮光彩虹云霞"
)

# Business word, industry section of GB/T 4754, weight.
BUSINESSES: Final = (
    ("五金制品", "C", 9),
    ("电子科技", "C", 12),
    ("服装", "C", 9),
    ("塑料制品", "C", 7),
    ("家具", "C", 5),
    ("食品", "C", 6),
    ("建筑工程", "E", 9),
    ("装饰工程", "E", 5),
    ("贸易", "F", 16),
    ("商贸", "F", 10),
    ("物流", "G", 6),
    ("餐饮管理", "H", 7),
    ("网络科技", "I", 8),
    ("房地产开发", "K", 2),
    ("物业服务", "K", 4),
    ("企业管理咨询", "L", 8),
    ("检测技术", "M", 3),
    ("环保科技", "N", 3),
    ("家政服务", "O", 3),
    ("教育咨询", "P", 3),
    ("医疗器械", "C", 2),
    ("文化传播", "R", 4),
)

EMPLOYER: Final = Kind("用人单位", (), "91", 9330)
PROJECT: Final = Kind("工程建设项目", (), "", 220)
AGENCY: Final = Kind(
    "用人单位、人力资源服务机构", ("人力资源服务有限公司", "人力资源有限公司"), "91", 160
)
KINDS: Final = (
    EMPLOYER,
    AGENCY,
    PROJECT,
    Kind("社会保险服务机构", ("社会保险代理服务中心",), "12", 12),
    Kind("用人单位、专项资金申领机构", ("创业孵化基地有限公司",), "91", 60),
    Kind("职称评审单位", ("专业技术学会", "工程师协会"), "51", 20),
    Kind("继续教育机构", ("继续教育中心",), "52", 48),
    Kind("用人单位、实习见习单位", ("实业有限公司", "科技园有限公司"), "91", 90),
    Kind("职业技能鉴定机构", ("职业技能评价中心",), "52", 40),
    Kind("技工学校", ("技工学校",), "52", 20),
)

STREETS: Final = (
    "人民",
    "解放",
    "建设",
    "和平",
    "海滨",
    "文昌",
    "榕树",
    "沿江",
    "学院",
    "工业",
    "创业",
    "码头",
    "新港",
    "龙眼",
    "东风",
)
ROADS: Final = ("路", "东路", "西路", "大道", "街", "横街", "一路", "二路")
SITES: Final = (
    "花园",
    "中心大厦",
    "产业园",
    "学校扩建",
    "医院综合楼",
    "安置房",
    "污水处理厂",
    "立交桥",
    "码头仓储",
    "标准厂房",
)
PHASES: Final = ("一期", "二期", "三期")
SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏"
)
GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红飞鹏慧玲建辉志文海波晓燕国庆思远嘉怡子轩"
)
