"""What the sample company sells and from whom: plain tables, no engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from demo.assortment import rows

CATEGORIES: tuple[tuple[str, str], ...] = (  # name, what it is part of
    ("五金", ""),
    ("工具", "五金"),
    ("电动工具", "工具"),
    ("手动工具", "工具"),
    ("磨具钻头", "工具"),
    ("紧固件", "五金"),
    ("锁具门控", "五金"),
    ("水暖", ""),
    ("管材管件", "水暖"),
    ("阀门龙头", "水暖"),
    ("电工", ""),
    ("电线电缆", "电工"),
    ("开关照明", "电工"),
    ("涂料胶粘", ""),
    ("劳保梯具", ""),
    ("服务", ""),
)

SUPPLIERS: tuple[tuple[str, str], ...] = (  # name, city
    ("永康锐锋电动工具有限公司", "金华"),
    ("永康铁匠手动工具厂", "金华"),
    ("海盐固力紧固件有限公司", "嘉兴"),
    ("河北金砂磨具有限公司", "廊坊"),
    ("温州安盾锁业有限公司", "温州"),
    ("浙江清源管业股份有限公司", "台州"),
    ("玉环通达阀门有限公司", "台州"),
    ("杭州中缆线缆有限公司", "杭州"),
    ("乐清正扬电器有限公司", "温州"),
    ("宁波曙光照明有限公司", "宁波"),
    ("广东美涂化工有限公司", "佛山"),
    ("山东护安劳保用品有限公司", "临沂"),
    ("苏州登峰梯具有限公司", "苏州"),
)


@dataclass(frozen=True, slots=True)
class Family:
    """Products that differ in size only: `sizes` are (specification, list price)."""

    prefix: str
    name: str
    category: str
    supplier: int
    unit: str
    sizes: tuple[tuple[str, str], ...]
    popularity: float = 1.0


@dataclass(frozen=True, slots=True)
class Article:
    """One product. Money in yuan; `popularity` weighs how often it is bought, `lot` is a usual quantity."""

    code: str
    name: str
    specification: str
    category: str
    supplier: int
    unit: str
    price: Decimal
    cost: Decimal
    popularity: float
    lot: int


FAMILIES: tuple[Family, ...] = (
    Family(
        "CJZ", "冲击钻", "电动工具", 0, "台", (("13mm 650W", "219"), ("13mm 850W", "289"), ("16mm 1050W", "369")), 1.4
    ),
    Family(
        "JMJ",
        "角磨机",
        "电动工具",
        0,
        "台",
        (("100mm 710W", "178"), ("125mm 1100W", "268"), ("180mm 2200W", "498")),
        1.5,
    ),
    Family(
        "DC", "电锤", "电动工具", 0, "台", (("26mm 800W", "459"), ("28mm 1050W", "588"), ("38mm 1500W", "1280")), 0.9
    ),
    Family(
        "SDZ", "充电手电钻", "电动工具", 0, "台", (("12V 双电", "299"), ("18V 双电", "469"), ("20V 无刷", "799")), 1.3
    ),
    Family("QGJ", "型材切割机", "电动工具", 0, "台", (("355mm 2200W", "799"), ("255mm 铝材", "1090")), 0.5),
    Family("RFQ", "热风枪", "电动工具", 0, "把", (("1600W", "139"), ("2000W 数显", "229")), 0.5),
    Family(
        "BS", "活动扳手", "手动工具", 1, "把", (("6 寸", "28"), ("8 寸", "36"), ("10 寸", "48"), ("12 寸", "62")), 1.0
    ),
    Family("QZ", "钢丝钳", "手动工具", 1, "把", (("6 寸", "26"), ("8 寸", "32")), 1.0),
    Family("LSD", "螺丝刀套装", "手动工具", 1, "套", (("6 件", "39"), ("12 件", "69")), 1.0),
    Family("JC", "钢卷尺", "手动工具", 1, "把", (("3m", "12"), ("5m", "18"), ("7.5m", "28")), 1.2),
    Family("CZ", "羊角锤", "手动工具", 1, "把", (("0.5kg", "29"), ("0.75kg", "38")), 0.7),
    Family(
        "QP",
        "切割片",
        "磨具钻头",
        3,
        "片",
        (("105mm", "2.8"), ("125mm", "3.9"), ("180mm", "8.5"), ("355mm", "19.5")),
        2.2,
    ),
    Family("SZ", "砂纸", "磨具钻头", 3, "包", (("120 目", "25"), ("240 目", "25"), ("400 目", "28")), 0.9),
    Family(
        "ZT",
        "电锤钻头",
        "磨具钻头",
        3,
        "支",
        (("6×110", "5.5"), ("8×160", "7.5"), ("10×160", "9"), ("12×210", "13.5")),
        1.6,
    ),
    Family(
        "PZ",
        "膨胀螺栓",
        "紧固件",
        2,
        "盒",
        (("M6×60", "32"), ("M8×80", "48"), ("M10×100", "69"), ("M12×120", "98")),
        2.0,
    ),
    Family("LS", "六角螺栓", "紧固件", 2, "盒", (("M6×30", "22"), ("M8×40", "36"), ("M10×50", "55")), 1.5),
    Family("ZG", "自攻螺钉", "紧固件", 2, "盒", (("4×25", "15"), ("4×40", "19"), ("5×60", "29")), 1.6),
    Family("LM", "镀锌螺母", "紧固件", 2, "盒", (("M6", "12"), ("M8", "18"), ("M10", "26")), 1.1),
    Family("MS", "机械门锁", "锁具门控", 4, "把", (("室内门 50 型", "88"), ("入户门 304 不锈钢", "268")), 0.8),
    Family("ZNS", "智能门锁", "锁具门控", 4, "把", (("指纹款", "899"), ("人脸款", "1680")), 0.4),
    Family("HY", "不锈钢合页", "锁具门控", 4, "副", (("4 寸", "16"), ("5 寸", "24")), 1.1),
    Family("GS", "挂锁", "锁具门控", 4, "把", (("40mm", "22"), ("60mm", "45")), 0.7),
    Family("PPR", "PPR 水管", "管材管件", 5, "根", (("20×2.8", "18"), ("25×3.5", "28"), ("32×4.4", "45")), 1.8),
    Family("WT", "PPR 弯头", "管材管件", 5, "包", (("20", "36"), ("25", "52")), 1.4),
    Family("PVC", "PVC 排水管", "管材管件", 5, "根", (("50×2.0", "22"), ("75×2.3", "35"), ("110×3.2", "62")), 1.2),
    Family("QF", "黄铜球阀", "阀门龙头", 6, "只", (("DN15", "26"), ("DN20", "38"), ("DN25", "58")), 1.3),
    Family("JF", "角阀", "阀门龙头", 6, "只", (("冷水 4 分", "24"), ("热水 4 分", "24")), 1.2),
    Family("LT", "水龙头", "阀门龙头", 6, "只", (("面盆单冷", "59"), ("面盆冷热", "158"), ("厨房抽拉", "299")), 0.9),
    Family(
        "BV",
        "BV 电线",
        "电线电缆",
        7,
        "卷",
        (("1.5 平方", "135"), ("2.5 平方", "215"), ("4 平方", "339"), ("6 平方", "505")),
        2.0,
    ),
    Family("WX", "超六类网线", "电线电缆", 7, "箱", (("100 米", "260"), ("305 米", "690")), 0.8),
    Family("KG", "墙壁开关", "开关照明", 8, "只", (("单开", "9.5"), ("双开", "13.5"), ("三开", "18")), 1.6),
    Family("CZ5", "五孔插座", "开关照明", 8, "只", (("10A", "11"), ("16A 空调", "15")), 1.6),
    Family("DLQ", "断路器", "开关照明", 8, "只", (("1P 16A", "16"), ("2P 32A", "38"), ("2P 63A 漏保", "89")), 1.2),
    Family("LED", "LED 球泡", "开关照明", 9, "只", (("9W", "8.5"), ("15W", "13.5"), ("30W", "29")), 1.5),
    Family("PBD", "LED 平板灯", "开关照明", 9, "只", (("300×300", "45"), ("600×600", "98")), 0.9),
    Family("RJQ", "内墙乳胶漆", "涂料胶粘", 10, "桶", (("5L", "189"), ("18L", "499")), 1.0),
    Family("FXQ", "防锈漆", "涂料胶粘", 10, "桶", (("2.5kg", "75"), ("10kg", "260")), 0.7),
    Family("BLJ", "中性玻璃胶", "涂料胶粘", 10, "支", (("300ml 透明", "14"), ("590ml 灰色", "23")), 1.9),
    Family("FPJ", "发泡胶", "涂料胶粘", 10, "支", (("750ml", "21"),), 1.3),
    Family("AQM", "安全帽", "劳保梯具", 11, "顶", (("ABS 标准型", "25"), ("ABS 透气型", "35")), 1.1),
    Family("ST", "劳保手套", "劳保梯具", 11, "打", (("棉纱", "18"), ("丁腈浸胶", "46")), 1.8),
    Family("FGY", "反光背心", "劳保梯具", 11, "件", (("网布", "12"), ("加厚", "22")), 0.9),
    Family("AQX", "安全鞋", "劳保梯具", 11, "双", (("防砸透气", "128"), ("防砸防刺", "188")), 0.8),
    Family("TZ", "铝合金人字梯", "劳保梯具", 12, "架", (("1.5m", "199"), ("2m", "269"), ("3m", "459")), 0.5),
)

SERVICES: tuple[tuple[str, str, str], ...] = (("FW01", "送货上楼", "60"), ("FW02", "上门安装", "150"))


def articles() -> Iterator[Article]:
    """Every product that is kept in stock, in a fixed order."""
    for family in (*FAMILIES, *(Family(*row) for row in rows())):
        for number, (size, price) in enumerate(family.sizes, 1):
            listed = Decimal(price)
            margin = Decimal("0.60") + Decimal(len(family.name) % 4) * Decimal("0.04")
            yield Article(
                f"{family.prefix}{number:02d}",
                family.name,
                size,
                family.category,
                family.supplier,
                family.unit,
                listed,
                (listed * margin).quantize(Decimal("0.01")),
                family.popularity / number**0.4,
                _lot(listed),
            )


def _lot(price: Decimal) -> int:
    """A usual quantity: cheap things are bought by the box."""
    for limit, lot in ((Decimal(10), 150), (Decimal(30), 60), (Decimal(80), 30), (Decimal(250), 12), (Decimal(600), 6)):
        if price < limit:
            return lot
    return 3
