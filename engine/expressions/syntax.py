"""Parses expressions and sources into trees (Pratt). Knows no names, no types."""

from __future__ import annotations

from decimal import Decimal

from engine.errors import Location, Problem
from engine.expressions import habits
from engine.expressions.arithmetic import CONTEXT
from engine.expressions.cursor import Cursor
from engine.expressions.tokens import RESERVED, SyntaxFault, Token
from engine.expressions.trees import (
    Brackets,
    Constant,
    Every,
    Invocation,
    KindTest,
    Member,
    Name,
    Operator,
    SortTree,
    SourceTree,
    Span,
    Tree,
)
from engine.suggest import did_you_mean

LIMIT_DEPTH = 32
UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")
CLAUSES = ("as", "at", "between", "where", "sort")

LOOSEST, OR, AND, NOT, COMPARE, JOIN, SUM, PRODUCT, POWER, SIGN, POST = range(11)
BINARY = {
    "or": OR,
    "and": AND,
    "&": JOIN,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "^": POWER,
    "=": COMPARE,
    "!=": COMPARE,
    "<": COMPARE,
    "<=": COMPARE,
    ">": COMPARE,
    ">=": COMPARE,
    "in": COMPARE,
    "is": COMPARE,
    "not": COMPARE,
}
FLAT = ("or", "and", "&")
CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "blank": None}


class Parser(Cursor):
    """One parse of one text; the first problem ends it."""

    def whole(self, *, source: bool) -> Tree:
        """The one expression, or with `source` the one source, that the text holds."""
        if self.at_end():
            raise self.fail("E-SYN-010", 0, "write a value, or leave the key out")
        tree = self.source_clauses() if source else self.expression(LOOSEST)
        if not self.at_end():
            raise self._left_over()
        check_depth(self, tree)
        return tree

    def _left_over(self) -> SyntaxFault:
        token = self.token
        if token.text.lower() in CLAUSES and token.kind in ("word", "name"):
            compared = habits.span(self.source.text) if token.text.lower() == "between" else ""
            function = "put it into a function: `count(… where …)`, `first(… sort …)`, `exists(… where …)`"
            return self.fail("E-SYN-015", token.start, compared or function)
        if token.kind == "sign" and token.text in (")", "]"):
            return self.unexpected("the expression ends before it", "remove it, or open it before")
        return self.unexpected("an operator or the end is", self.foreign_hint())

    # sources

    def source_clauses(self) -> Tree:
        """`expr [as n] [at moment | between a and b] [where e] [sort keys]`; without clauses the bare expression."""
        base = self.expression(LOOSEST)
        parts: dict[str, object] = {}
        last = -1
        while self.token.kind in ("word", "name") and self.token.text.lower() in CLAUSES:
            word = self.token.text.lower()
            order = CLAUSES.index(word)
            if order <= last or (word == "between" and "moment" in parts):
                hint = "in this order, each once: `as`, `at` or `between`, `where`, `sort`"
                raise self.fail("E-SYN-012", self.token.start, hint, word=word)
            last = order
            self.take()
            self._clause(word, parts)
        if not parts:
            return base
        end = self.tokens[self.position - 1].end
        return self.made(SourceTree(base.start, end, base, **parts))  # type: ignore[arg-type]

    def _clause(self, word: str, parts: dict[str, object]) -> None:
        if word == "as":
            parts["alias"] = self.name("a name for each row").text
        elif word == "at":
            parts["moment"] = self.expression(COMPARE + 1)
        elif word == "between":
            first = self.expression(COMPARE + 1)
            if not self.at_word("and"):
                raise self.unexpected("`and` and the second day are", "write `between first and last`")
            self.take()
            parts["between"] = (first, self.expression(COMPARE + 1))
        elif word == "where":
            parts["where"] = self.expression(LOOSEST)
        else:
            parts["sort"] = self._sort_keys()

    def _sort_keys(self) -> tuple[SortTree, ...]:
        keys = [self._sort_key()]
        while self.at_word("then"):
            self.take()
            keys.append(self._sort_key())
        return tuple(keys)

    def _sort_key(self) -> SortTree:
        start = self.token.start
        descending = self.at_sign("-")
        if descending:
            self.take()
        key = self.expression(JOIN)
        return SortTree(start, key.end, key, descending)

    # expressions

    def expression(self, tightest: int) -> Tree:
        """An expression whose operators bind at least as tightly as `tightest`."""
        self.depth += 1
        if self.depth > LIMIT_DEPTH:
            raise self.fail(
                "E-SYN-009", self.token.start, "give parts of it a name of their own as formulas", limit=LIMIT_DEPTH
            )
        left = self.prefix(tightest)
        while (power := self._binding()) is not None and power >= tightest:
            left = self.infix(left, power)
        self.depth -= 1
        return left

    def _binding(self) -> int | None:
        token = self.token
        if token.kind not in ("sign", "word"):
            return None
        if token.text == "not" and not (self.next.kind == "word" and self.next.text == "in"):
            return None
        return BINARY.get(token.text)

    def prefix(self, tightest: int) -> Tree:
        token = self.token
        if self.at_word("not") and not (tightest > NOT and self.next.text == "(" and self.next.kind == "sign"):
            if tightest > NOT:
                raise self.unexpected("a value is", "put `not …` in brackets")
            self.take()
            arg = self.expression(NOT)
            return self.made(Operator(token.start, arg.end, "not", (arg,), token.start))
        if token.kind == "sign" and token.text in ("-", "+"):
            self.take()
            arg = self.expression(SIGN)
            return self.made(Operator(token.start, arg.end, "neg" if token.text == "-" else "pos", (arg,), token.start))
        return self.postfix(self.primary(tightest))

    def postfix(self, tree: Tree) -> Tree:
        while self.at_sign("."):
            self.take()
            name = self._member_name()
            tree = self.made(Member(tree.start, name.end, tree, name.text, name.start))
            path = _path(tree) if self.at_sign("(") else ""
            if path:  # a decision of a namespace: `crm.price_for(…)`
                call = self._call(name)
                tree = self.made(Invocation(tree.start, call.end, path.lower(), path, call.args))
        return tree

    def _member_name(self) -> Token:
        if self.token.kind == "word" and self.token.text == "parent":
            return self.take()
        return self.name("the name of a field")

    def infix(self, left: Tree, power: int) -> Tree:
        token = self.take()
        if power == COMPARE:
            tree = self._comparison(left, token)
            self._refuse_chain(left, token)
            return tree
        right = self.expression(power + 1)
        if token.text in FLAT and isinstance(left, Operator) and left.op == token.text:
            return Operator(left.start, right.end, token.text, (*left.args, right), token.start)
        return self.made(Operator(left.start, right.end, token.text, (left, right), token.start))

    def _comparison(self, left: Tree, token: Token) -> Tree:
        if token.text == "is":
            return self._is(left, token)
        negate = token.text == "not"
        if negate:
            self.take()
        op = "in" if negate else token.text
        right = self.expression(COMPARE + 1)
        tree = self.made(Operator(left.start, right.end, op, (left, right), token.start))
        return self._negated(tree, token) if negate else tree

    def _is(self, left: Tree, token: Token) -> Tree:
        negate = self.at_word("not")
        if negate:
            self.take()
        tree: Tree
        if self.at_word("blank"):
            tree = Operator(left.start, self.take().end, "blank", (left,), token.start)
        elif self.at_word("under") and self._value_follows():
            self.take()
            right = self.expression(COMPARE + 1)
            tree = Operator(left.start, right.end, "under", (left, right), token.start)
        elif self.token.kind == "name":
            name = self.take()
            text, end = name.text, name.end
            while self.at_sign("."):  # an object of a namespace
                self.take()
                part = self.name("the name of an object")
                text, end = f"{text}.{part.text}", part.end
            tree = KindTest(left.start, end, left, text, name.start)
        else:
            raise self.unexpected("`blank`, `under …` or the name of an object is", "compare values with `=`")
        self.made(tree)
        return self._negated(tree, token) if negate else tree

    def _value_follows(self) -> bool:
        follows = self.next
        if follows.kind == "word":
            return follows.text in ("this", "parent", "me", "old", *CONSTANTS)
        return follows.kind in ("name", "text", "number") or follows.text in ("(", "[")

    def _negated(self, tree: Tree, token: Token) -> Tree:
        return self.made(Operator(tree.start, tree.end, "not", (tree,), token.start))

    def _refuse_chain(self, left: Tree, first: Token) -> None:
        if self._binding() != COMPARE:
            return
        again, text = self.token, self.source.text
        self.take()
        middle = text[first.end : again.start].strip()
        opener = text[left.start : first.start].strip()
        last = self._rest_of_chain()
        hint = (
            f"write `{opener} {first.text} {middle} and {middle} {again.text} {last}`"
            if last
            else "join them with `and`"
        )
        raise self.fail("E-SYN-004", again.start, hint)

    def _rest_of_chain(self) -> str:
        try:
            start = self.token.start
            return self.source.text[start : self.expression(COMPARE + 1).end]
        except SyntaxFault:
            return ""

    # primaries

    def primary(self, tightest: int) -> Tree:
        token = self.token
        if token.kind == "number":
            return self._number(self.take())
        if token.kind == "text":
            self.take()
            return self.made(Constant(token.start, token.end, token.text))
        if token.kind == "word":
            return self._word(self.take())
        if token.kind == "name":
            return self._named(self.take())
        if self.at_sign("("):
            return self._parenthesis(self.take())
        if self.at_sign("["):
            return self._brackets(self.take())
        hint = "write `0` or `blank` for nothing" if token.kind == "end" else ""
        if token.kind == "sign" and token.text == "=" and token.start == 0:
            hint = "leave the `=` out: the whole key is an expression"
        raise self.unexpected("a value is", hint)

    def _number(self, token: Token) -> Tree:
        value = Decimal(token.text)
        if self.at_sign("%"):
            return self.made(Constant(token.start, self.take().end, CONTEXT.scaleb(value, -2), True))
        working = self.at_word("working") and self.next.kind == "name"
        if working:
            self.take()
        if working or self.token.kind == "name" and self.token.text.lower() not in ("sort", "then"):
            return self._duration(token, value, working)
        return self.made(Constant(token.start, token.end, value))

    def _duration(self, token: Token, value: Decimal, working: bool) -> Tree:
        name = self.take()
        unit = name.text.lower()
        unit = unit[:-1] if unit.endswith("s") else unit
        allowed = ("minute", "hour", "day") if working else UNITS
        if unit not in allowed:
            raise self.fail(
                "E-SYN-014",
                name.start,
                did_you_mean(name.text, [*allowed, *(u + "s" for u in allowed)])
                or "put an operator between a number and a name",
                found=name.text,
            )
        return self.made(Span(token.start, name.end, value, unit, working))

    def _word(self, token: Token) -> Tree:
        if token.text in CONSTANTS:
            return self.made(Constant(token.start, token.end, CONSTANTS[token.text]))
        if token.text in ("this", "parent", "me", "old"):
            return self.made(Name(token.start, token.end, token.text))
        if token.text in ("and", "or", "not") and self.at_sign("("):
            return self._logic_call(token)
        self.position -= 1
        raise self.unexpected(
            "a value is", f"`{token.text}` is a word of the language" if token.text in RESERVED else ""
        )

    def _logic_call(self, token: Token) -> Tree:
        call = self._call(token)
        if len(call.args) < 1 or (token.text == "not" and len(call.args) != 1):
            wanted = "1" if token.text == "not" else "1 or more"
            raise self.fail("E-TYP-004", token.start, function=token.text, wanted=wanted, found=len(call.args))
        return Operator(call.start, call.end, token.text, call.args, token.start)

    def _named(self, token: Token) -> Tree:
        if self.at_sign("("):
            return self._call(token)
        lower = token.text.lower()
        if lower == "all" and self.token.kind == "name" and not self.at_word("sort"):
            name = self.take()
            return self.made(Every(token.start, name.end, name.text))
        if lower == "movements" and self.at_word("of"):
            self.take()
            name = self.name("the name of a register")
            return self.made(Every(token.start, name.end, name.text, True))
        return self.made(Name(token.start, token.end, token.text))

    def _call(self, token: Token) -> Invocation:
        opener = self.take()
        args: list[Tree] = []
        if not self.at_sign(")"):
            args.append(self.source_clauses())
            while self.at_sign(","):
                self.take()
                args.append(self.source_clauses())
        end = self.close(")", opener).end
        call = Invocation(token.start, end, token.text.lower(), token.text, tuple(args))
        self.made(call)
        return call

    def _parenthesis(self, opener: Token) -> Tree:
        inside = self.source_clauses()
        if self.at_sign(","):
            listed, ended, _ = self.source.text[opener.end :].partition(")")
            raise self.unexpected("a `)` is", f"a list has square brackets: `[{listed}]`" if ended else "")
        self.close(")", opener)
        return inside

    def _brackets(self, opener: Token) -> Tree:
        items: list[Tree] = []
        if not self.at_sign("]"):
            items.append(self.expression(LOOSEST))
            while self.at_sign(","):
                self.take()
                items.append(self.expression(LOOSEST))
        return self.made(Brackets(opener.start, self.close("]", opener).end, tuple(items)))


def _path(tree: Tree) -> str:
    """`a.b.c` as one text; blank for anything else."""
    if isinstance(tree, Member):
        owner = _path(tree.owner)
        return f"{owner}.{tree.name}" if owner else ""
    return tree.name if isinstance(tree, Name) else ""


def check_depth(parser: Parser, tree: Tree) -> None:
    """Refuses trees that evaluation and SQL would have to descend too far into (left-deep sums)."""
    level, row = 0, [tree]
    while row:
        level += 1
        if level > LIMIT_DEPTH:
            raise parser.fail(
                "E-SYN-009", row[0].start, "give parts of it a name, or use `sum([a, b, …])`", limit=LIMIT_DEPTH
            )
        row = [part for node in row for part in node.parts()]


def parse(text: str, at: Location, *, source: bool = False) -> Tree | Problem:
    """The tree of an expression (of a source with `source`), or the first problem."""
    try:
        return Parser(text, at).whole(source=source)
    except SyntaxFault as caught:
        return caught.problem
