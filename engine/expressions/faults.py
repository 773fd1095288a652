"""The problems of expressions: every code with its sentence, and where in the definition a place of the text lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engine.errors import Location, Problem, Severity
from engine.texts import Text, say

CODES: Mapping[str, str] = {
    "E-SYN-001": "the character {character} has no meaning here",
    "E-SYN-002": "the text that starts here is not closed",
    "E-SYN-003": "{found} is not expected here; {wanted}",
    "E-SYN-004": "comparisons cannot be chained",
    "E-SYN-005": "`{found}` is not an operator of this language",
    "E-SYN-006": "the {opener} is not closed",
    "E-SYN-007": "the expression is longer than {limit} characters",
    "E-SYN-008": "the expression has more than {limit} parts",
    "E-SYN-009": "the expression is nested deeper than {limit} levels",
    "E-SYN-010": "the expression is empty",
    "E-SYN-011": "`{word}` is a word of the language and cannot be a name here",
    "E-SYN-012": "`{word}` stands in the wrong place of a source",
    "E-SYN-013": "`{found}` is not a number",
    "E-SYN-014": "`{found}` is not a unit of time",
    "E-SYN-015": "a source stands where a single value is wanted",
    "E-NAM-001": "there is no name `{name}` here",
    "E-NAM-002": "{owner} has no `{name}`",
    "E-NAM-003": "there is no function `{name}`",
    "E-NAM-004": "there is no object, register or report `{name}`",
    "E-NAM-005": "`{name}` is a field and also an object",
    "E-NAM-006": "there is no role `{name}`",
    "E-NAM-007": "'{name}' is not among the options",
    "E-NAM-008": "{owner} can never be `{name}`",
    "E-NAM-009": "`{name}` stands for a name of the definition and is not quoted",
    "E-NAM-010": "the alias `{name}` is a name already",
    "E-TYP-001": "`{op}` does not work with {types}",
    "E-TYP-002": "{left} and {right} cannot be mixed by `{op}`",
    "E-TYP-003": "`{function}` takes {wanted} as its {place} argument, not {found}",
    "E-TYP-004": "`{function}` takes {wanted} arguments, not {found}",
    "E-TYP-005": "{found} is not a source of rows",
    "E-TYP-006": "{found} has no members",
    "E-TYP-007": "{wanted} is wanted here, not {found}",
    "E-TYP-008": "{left} cannot be compared with {right}",
    "E-TYP-009": "the value is given twice: by the path and after the comma",
    "E-TYP-010": "a condition is wanted here, not {found}",
    "E-TYP-011": "rows cannot be sorted by {found}",
    "E-TYP-012": "`at` and `between` take a date, not {found}",
    "E-TYP-013": "the items of a list must be alike: {left} and {right}",
    "E-TYP-014": "a bare name of the definition is wanted here",
    "E-TYP-015": "{found} has no one above it: its records make no tree",
    "E-TYP-016": "`{function}` gives {left} in one case and {right} in another",
    "E-TYP-017": "`{function}` looks at the other rows of a report: only its columns can",
    "E-TYP-018": "`{function}` takes a measure of a register in a span of days",
    "E-TYP-019": "`{function}` looks at the other rows of a report, and so does `{left}` inside of it",
    "E-TPL-001": "the `{{` is not closed",
    "E-TPL-002": "a lone `}}` stands in the text",
    "E-TPL-003": "`{format}` is not a format for {found}",
    "E-TPL-004": "{found} cannot be shown in a text",
}

# The same for readers of Chinese; without holes that hold prose.
CHINESE: Mapping[str, str] = {
    "E-SYN-001": "字符 {character} 在这里没有意义",
    "E-SYN-002": "从这里开始的文字没有结束的引号",
    "E-SYN-003": "{found} 处写得不完整或不应出现",
    "E-SYN-004": "比较不能连写，请用 and 连接",
    "E-SYN-005": "`{found}` 不是可用的运算符",
    "E-SYN-006": "{opener} 没有闭合",
    "E-SYN-007": "表达式超过 {limit} 个字符",
    "E-SYN-008": "表达式超过 {limit} 个组成部分",
    "E-SYN-009": "表达式嵌套超过 {limit} 层",
    "E-SYN-010": "表达式是空的",
    "E-SYN-011": "`{word}` 是保留字，不能在这里作名称",
    "E-SYN-012": "`{word}` 在数据来源中的位置不对",
    "E-SYN-013": "`{found}` 不是数字",
    "E-SYN-014": "`{found}` 不是时间单位",
    "E-SYN-015": "这里需要单个值，不能是数据来源",
    "E-NAM-001": "这里没有名为 `{name}` 的内容",
    "E-NAM-002": "没有 `{name}`",
    "E-NAM-003": "没有函数 `{name}`",
    "E-NAM-004": "没有名为 `{name}` 的对象、台账或报表",
    "E-NAM-005": "`{name}` 既是字段又是对象，请写明是哪一个",
    "E-NAM-006": "没有角色 `{name}`",
    "E-NAM-007": "“{name}”不在可选项中",
    "E-NAM-008": "这里的值不可能是 `{name}`",
    "E-NAM-009": "`{name}` 是定义中的名称，不要加引号",
    "E-NAM-010": "别名 `{name}` 已是一个名称",
    "E-TYP-001": "`{op}` 不能用于这些类型",
    "E-TYP-002": "这两种类型不能用 `{op}` 混在一起",
    "E-TYP-003": "`{function}` 有一个参数的类型不对",
    "E-TYP-004": "`{function}` 的参数个数不对",
    "E-TYP-005": "这里需要多行数据的来源",
    "E-TYP-006": "这个值没有下级内容，后面不能用“.”",
    "E-TYP-007": "这里的值类型不对",
    "E-TYP-008": "两边的类型不同，不能比较",
    "E-TYP-009": "值给了两次：路径中一次，逗号后又一次",
    "E-TYP-010": "这里需要一个条件",
    "E-TYP-011": "不能按这样的值排序",
    "E-TYP-012": "`at` 和 `between` 后面应是日期",
    "E-TYP-013": "列表中各项的类型应相同",
    "E-TYP-014": "这里应写定义中的名称，不加引号",
    "E-TYP-015": "它没有上级，其记录不成层级",
    "E-TYP-016": "`{function}` 在不同情况下的结果类型不同",
    "E-TYP-017": "`{function}` 要看报表的其他行，只能用在报表的列中",
    "E-TYP-018": "`{function}` 需要台账在一段日期内的度量",
    "E-TYP-019": "`{function}` 要看报表的其他行，其中的 `{left}` 也是：不能嵌套",
    "E-TPL-001": "`{{` 没有闭合",
    "E-TPL-002": "文字中多了一个 `}}`",
    "E-TPL-003": "`{format}` 不适用于这样的值",
    "E-TPL-004": "这样的值不能写进文字",
}


TOKEN = re.compile(
    r"""'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*"|“[^”\n]*”|‘[^’\n]*’|\d+(?:\.\d+)?%?|[^\W\d]\w*|<=|>=|<>|!=|==|\S"""
)
MEANT = "did you mean "                          # how hints of `near` names begin
END, END_ZH = "the end", "末尾"                  # what is found where nothing follows
NO_HOLES: Mapping[str, object] = {}


def place(text: str, at: Location, offset: int) -> Location:
    """The place of the character `offset` of an expression whose first character stands at `at`."""
    return at.within(text, offset)


def width(text: str, at: Location, offset: int) -> int:
    """How many columns the token at `offset` takes in its file; 1 where it goes on in the next line."""
    token = TOKEN.match(text, offset)
    first, last = at.within(text, offset), at.within(text, offset + len(token[0]) - 1 if token else offset)
    return last.column - first.column + 1 if first.line == last.line else 1


def fault(
    code: str,
    text: str,
    at: Location,
    offset: int,
    hint: str = "",
    holes: Mapping[str, object] = NO_HOLES,
    severity: Severity = "error",
) -> Problem:
    """The problem `code` at the character `offset` of `text`."""
    told_zh = {name: END_ZH if hole is END else hole for name, hole in holes.items()}
    message, zh = CODES[code].format(**holes), CHINESE[code].format(**told_zh)
    return Problem(code, message, place(text, at, offset), hint, severity, width(text, at, offset), zh)


def told(problems: Iterable[Problem]) -> Text:
    """What is wrong, for whoever has written the expression on a page or in a request."""
    known = list(problems)
    english = "; ".join(p.message + (f" ({p.hint})" if p.hint else "") for p in known)
    return say(zh="；".join(_chinese(p) for p in known), en=english)


def _chinese(problem: Problem) -> str:
    meant = problem.hint.startswith(MEANT) and problem.zh
    near = f"（是否指 {problem.hint.removeprefix(MEANT).rstrip('?').replace(' or ', ' 或 ')}？）" if meant else ""
    return (problem.zh or problem.message) + near
