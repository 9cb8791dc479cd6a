"""Invented names of the demo: a city, its districts, companies, streets and people.

The city and its codes 449900–449911 do not exist; `yaohao init` refuses them for a real bureau.
"""

from __future__ import annotations

CITY = "449900"
CITY_NAME = "岭海市（虚构）"
BUREAU_NAME = "岭海市人力资源和社会保障局（虚构）"

# Code, name, and how many of each thousand entities are at work there.
DISTRICTS = (
    ("449901", "望江区", 148),
    ("449902", "榕荫区", 131),
    ("449903", "海晏区", 122),
    ("449904", "南屏区", 118),
    ("449905", "白鹭区", 109),
    ("449906", "星湖区", 97),
    ("449907", "凤台区", 88),
    ("449908", "石鼓区", 74),
    ("449909", "临港区", 61),
    ("449910", "云溪县", 34),
    ("449911", "龙坪县", 18),
)

FIRST = "华恒信德隆兴盛泰和嘉瑞昌安凯宏鼎金鸿裕诚同广润万利远东南方海天新正优佳美联合创智汇启元博众"
SECOND = "达通源丰茂顺发益康宁盈辉腾跃翔凌峰岳川泽洋江河湖林森木石玉珠宝星月晨曦明亮光彩虹云霞"

# Business word, industry section of GB/T 4754, weight.
BUSINESSES = (
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

# Kind, what such a body is called, digit pair that its credit code begins with, weight of 10,000.
KINDS = (
    ("employer", "", "91", 9330),
    ("hr-agency", "人力资源服务有限公司", "91", 160),
    ("social-insurance-agency", "社会保险服务中心", "12", 12),
    ("special-fund-recipient", "创业孵化基地有限公司", "91", 60),
    ("title-review-body", "专业技术学会", "51", 20),
    ("continuing-education-body", "继续教育中心", "52", 48),
    ("internship-unit", "实业有限公司", "91", 90),
    ("skill-assessment-body", "职业技能评价中心", "52", 40),
    ("technical-school", "技工学校", "52", 20),
    ("project", "建设项目工地", "", 220),
)

STREETS = (
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
ROADS = ("路", "东路", "西路", "大道", "街", "横街", "一路", "二路")
SITES = (
    "花园",
    "中心大厦",
    "产业园",
    "学校扩建",
    "医院综合楼",
    "安置房",
    "污水厂",
    "立交",
    "码头仓储",
    "标准厂房",
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红飞鹏慧玲建辉志文海波晓燕国庆思远嘉怡子轩"
)
