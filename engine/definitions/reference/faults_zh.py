"""The page on problems in Chinese, and problems as readers of Chinese are told them. Examples are in `faults`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from engine.definitions.nodes import plain_of
from engine.definitions.reference import faults
from engine.definitions.reference.leaves import Block, Code, Page, Prose, Topic
from engine.definitions.source import read
from engine.errors import Problem
from engine.expressions.faults import CHINESE

FILE = Path(__file__).parent / "problems_zh.yaml"
FAMILIES: Mapping[str, str] = {
    "YAML": "文本", "FILE": "文件", "KEY": "键与写法", "LANG": "语言", "LIKE": "套用", "APP": "应用",
    "MNU": "菜单", "REF": "未知的名称", "FLD": "字段", "UNI": "唯一", "VAL": "值", "WHO": "人员",
    "STA": "状态", "ACT": "动作", "STP": "步骤", "CHK": "检查", "PST": "记账", "REG": "台账", "FLW": "流程",
    "AUT": "自动化", "DEC": "决策表", "QST": "报表与预警", "TST": "测试与示例", "ACC": "权限",
    "PUB": "对外公开", "OBJ": "对象", "SYN": "表达式的写法", "NAM": "表达式里的名称", "TYP": "表达式的类型",
    "TPL": "带占位的文字", "DOC": "打印与邮件", "FRM": "场景表单", "LAY": "布局", "FIG": "关键指标",
    "VIW": "视图", "CRD": "看板卡片", "CAL": "日历", "LNK": "链接", "KEP": "保留期限", "TXT": "文字",
    "CON": "条件", "SED": "初始数据", "USE": "未使用",
}
INTRO = Prose("每个问题有固定的代码：E 是错误，W 是警告，N 是提示。代码下第一行是含义，最后一行是处理方法。")


@lru_cache(maxsize=1)
def entries() -> Mapping[str, tuple[str, str]]:
    """Code → what it means (blank for expressions, whose messages are Chinese themselves) and how it is repaired."""
    tree, problems = read(FILE.read_text("utf-8"), FILE.name)
    if tree is None or problems:
        raise ValueError(f"{FILE.name}: {problems}")
    found = {}
    for code, node in tree.items():
        means, repair = plain_of(node)
        found[code] = (str(means), str(repair))
    return found


def told(problem: Problem) -> str:
    """The problem in one sentence: of an expression with what it names, else what its code means."""
    means = entries().get(problem.code, ("", ""))[0]
    return problem.zh or means


def repair(code: str) -> str:
    """How a problem of this code is repaired; blank for an unknown one."""
    return entries().get(code, ("", ""))[1]


def page() -> Page:
    """The page on problems: the topics of the English one, with the sentences in Chinese."""
    english = next(iter(faults.pages()))
    return Page(english.name, "问题代码", (INTRO,), tuple(_topics(english)))


def _topics(english: Page) -> Iterator[Topic]:
    for topic in english.topics:
        if topic.level == 2:
            family = next((one for one, title in faults.FAMILIES.items() if title == topic.title), topic.title)
            yield replace(topic, title=FAMILIES.get(family, topic.title))
        else:
            yield replace(topic, blocks=tuple(_blocks(topic)))


def _blocks(topic: Topic) -> Iterator[Block]:
    means, mended = entries().get(topic.title, ("", ""))
    yield Prose(f"{means or _without_holes(CHINESE.get(topic.title, ''))}。")
    yield from (block for block in topic.blocks if isinstance(block, Code))
    if mended:
        yield Prose(f"处理：{mended}")


def _without_holes(text: str) -> str:
    """A message of an expression; what it names becomes dots."""
    parts = text.replace("{{", "\0").replace("}}", "\1").split("{")
    joined = parts[0] + "".join("…" + part.partition("}")[2] for part in parts[1:])
    return joined.replace("\0", "{").replace("\1", "}")
