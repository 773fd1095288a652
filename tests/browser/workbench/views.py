"""View models for the workbench: a shell, lists, forms and lines as pages give them to the macros. Plain data."""

from __future__ import annotations

from typing import Any

View = dict[str, Any]

MENU: list[View] = [
    {"label": "工作台", "icon": "layout-dashboard", "url": "/", "active": False, "items": []},
    {
        "label": "销售",
        "icon": "receipt",
        "items": [
            {"label": "客户", "icon": "users", "url": "/list", "active": True, "items": []},
            {"label": "报价", "icon": "file-text", "url": "/form", "items": []},
            {"label": "销售订单", "icon": "shopping-cart", "url": "/detail", "items": []},
        ],
    },
    {
        "label": "库存",
        "icon": "building-warehouse",
        "items": [
            {"label": "商品", "icon": "package", "url": "#", "items": []},
            {"label": "出库", "icon": "truck-delivery", "url": "#", "items": []},
        ],
    },
]


def shell(theme: str = "light", language: str = "zh", nonce: str = "") -> View:
    """The frame of a page for somebody who is signed in."""
    return {
        "app": {"name": "sales_erp", "label": "五金批发销售系统", "url": "/"},
        "apps": [
            {"name": "sales_erp", "label": "五金批发销售系统", "url": "/"},
            {"name": "leave", "label": "请假", "url": "#"},
        ],
        "menu": MENU,
        "user": {"name": "李娜", "login": "li", "initials": "李"},
        "language": language,
        "languages": [{"code": "zh", "label": "中文"}, {"code": "en", "label": "English"}],
        "theme": theme,
        "tasks": 7,
        "notices": 120,
        "search_url": "/search",
        "tasks_url": "/tasks",
        "notices_url": "/notices",
        "home_url": "/",
        "builder_url": "/builder",
        "profile_url": "/profile",
        "csrf": "token-of-the-session",
        "crumbs": [{"label": "销售", "url": "#"}, {"label": "客户", "url": ""}],
        "flashes": [],
        "style_nonce": nonce,
    }


COLORS = (
    "gray",
    "red",
    "orange",
    "yellow",
    "lime",
    "green",
    "teal",
    "cyan",
    "azure",
    "blue",
    "indigo",
    "purple",
    "pink",
)

LIST: View = {
    "columns": [
        {"name": "number", "label": "单号", "kind": "text", "sort_url": "?sort=number"},
        {"name": "customer", "label": "客户", "kind": "link"},
        {"name": "date", "label": "日期", "kind": "date", "sort_url": "?sort=-date", "sorted": "desc"},
        {"name": "status", "label": "状态", "kind": "badge"},
        {"name": "rep", "label": "业务员", "kind": "text", "hide_on_phone": True},
        {"name": "total", "label": "金额", "kind": "number", "sort_url": "?sort=total"},
    ],
    "rows": [
        {
            "url": f"/detail?id={n}",
            "id": n,
            "cells": [
                {"text": f"SO2026110{n:03}"},
                {"text": name, "url": "#"},
                {"text": "2026年11月21日"},
                {"text": state, "color": color},
                {"text": "李娜"},
                {"text": f"¥{n * 1234.5:,.2f}", "mark": "red" if n == 3 else ""},
            ],
        }
        for n, (name, state, color) in enumerate(
            [
                ("杭州远景五金有限公司", "草稿", "gray"),
                ("宁波恒力工具", "待审核", "yellow"),
                ("绍兴市越城区宏达建材贸易商行", "已审核", "blue"),
                ("温州金盾锁具", "部分发货", "cyan"),
                ("嘉兴长征机电", "已完成", "green"),
                ("Hangzhou Bright Tools Ltd.", "已取消", "red"),
            ],
            1,
        )
    ],
    "total": ["合计", "", "", "", "", "¥25,924.50"],
}


AMOUNT: View = {
    "call": "round",
    "args": [
        {
            "op": "*",
            "args": [
                {"op": "*", "args": [{"get": ["qty"]}, {"get": ["price"]}]},
                {"op": "-", "args": [{"number": "1"}, {"get": ["discount"]}]},
            ],
        },
        {"number": "2"},
    ],
}


def number(name: str, label: str, widget: str, values: View, scale: int, **more: object) -> View:
    """A numeric control of the grid."""
    value = values.get(name.rsplit(".", 1)[1], "")
    return {"name": name, "label": label, "widget": widget, "value": value, "scale": scale, "compact": True, **more}


def line(index: object, **values: object) -> View:
    """One row of the grid; `values` may fill product, qty, price, note."""
    name = f"lines.{index}"
    product = values.get("product")
    return {
        "id": values.get("id", ""),
        "index": index,
        "fields": [
            {
                "name": f"{name}.product",
                "label": "商品",
                "widget": "link",
                "url": "/lookup",
                "required": True,
                "refresh": True,
                "compact": True,
                "items": [{"id": 1, "title": product}] if product else [],
            },
            number(
                f"{name}.qty", "数量", "quantity", values, 6,
                required=True, refresh=True, error=values.get("error", ""),
            ),
            number(f"{name}.price", "单价", "money", values, 2, prefix="¥"),
            number(f"{name}.discount", "折扣", "percent", values, 4),
            {
                "name": f"{name}.amount",
                "label": "金额",
                "widget": "output",
                "scale": 2,
                "compact": True,
                "formula": AMOUNT,
                "text": "",
                "value": "",
            },
            {
                "name": f"{name}.unit",
                "label": "单位",
                "widget": "select",
                "compact": True,
                "value": "pc",
                "options": [{"code": "pc", "label": "件"}, {"code": "box", "label": "箱"}],
            },
            {
                "name": f"{name}.note",
                "label": "备注",
                "widget": "text",
                "value": values.get("note", ""),
                "compact": True,
            },
        ],
    }


def grid() -> View:
    """Line items of an order."""
    columns = [
        {"name": "product", "label": "商品", "kind": "link", "required": True, "width": "wide"},
        {"name": "qty", "label": "数量", "kind": "number", "required": True, "total": True},
        {"name": "price", "label": "单价", "kind": "number"},
        {"name": "discount", "label": "折扣", "kind": "number"},
        {"name": "amount", "label": "金额", "kind": "number", "total": True, "scale": 2},
        {"name": "unit", "label": "单位", "kind": "badge"},
        {"name": "note", "label": "备注", "kind": "text"},
    ]
    rows = [
        line(0, id=11, product="内六角扳手 5mm", qty="3", price="0.10"),
        line(1, id=12, product="不锈钢螺丝 M6×20", qty="200", price="0.35", discount="5%"),
    ]
    return {
        "name": "lines",
        "label": "明细",
        "columns": columns,
        "rows": rows,
        "template": line("__index__"),
        "min": 1,
        "max": 30,
        "totals": {},
    }


CHANNELS = [{"code": "shop", "label": "门店"}, {"code": "web", "label": "网上"}]


def form_fields(error: str = "") -> list[Any]:
    """A form with one field of nearly every widget."""
    return [
        {
            "name": "customer",
            "label": "客户",
            "widget": "link",
            "url": "/lookup",
            "required": True,
            "refresh": True,
            "items": [{"id": 5, "title": "杭州远景五金有限公司"}],
            "help": "选择后自动带出信用额度",
        },
        [
            {"name": "date", "label": "日期", "widget": "date", "value": "2026-11-21", "required": True},
            {"name": "due", "label": "交货时间", "widget": "datetime", "value": "2026-11-28T10:00"},
        ],
        {"name": "channel", "label": "渠道", "widget": "select", "value": "shop", "options": CHANNELS},
        {
            "name": "freight",
            "label": "运费",
            "widget": "money",
            "value": "12.50",
            "scale": 2,
            "prefix": "¥",
            "error": error,
        },
        {
            "name": "credit",
            "label": "可用额度",
            "widget": "output",
            "text": "¥88,000.00",
            "value": "88000",
            "scale": 2,
            "mark": "green",
        },
        {"name": "urgent", "label": "加急", "widget": "checkbox", "value": "true"},
        {"name": "tags", "label": "标签", "widget": "tags", "value": ["高潜", "复购"]},
        {
            "name": "pay",
            "label": "付款方式",
            "widget": "radio",
            "value": "cash",
            "options": [{"code": "cash", "label": "现款"}, {"code": "term", "label": "账期"}],
        },
        {"name": "reason", "label": "特批原因", "widget": "text", "hidden": True, "value": ""},
        {"name": "note", "label": "备注", "widget": "long_text", "value": "", "placeholder": "给仓库的说明"},
        {
            "name": "locked",
            "label": "业务员",
            "widget": "user",
            "url": "/lookup",
            "readonly": True,
            "items": [{"id": 2, "title": "李娜"}],
        },
    ]


FACTS: list[View] = [
    {"label": "客户", "value": "杭州远景五金有限公司", "url": "#"},
    {"label": "状态", "value": "部分发货", "badge_color": "cyan"},
    {"label": "日期", "value": "2026年11月21日"},
    {"label": "应收", "value": "¥12,000.00", "mark": "red"},
    {"label": "合同", "value": ""},
    {"label": "备注", "value": "周五前送到，走小门。\n先打电话。", "wide": True},
]
TIMELINE: list[View] = [
    {
        "who": "王强",
        "text": "同意了",
        "when": "3 小时前",
        "icon": "check",
        "color": "green",
        "detail": "可以，注意回款。",
    },
    {
        "who": "李娜",
        "text": "改了 2 项",
        "when": "昨天",
        "icon": "pencil",
        "color": "blue",
        "changes": [
            {"label": "运费", "before": "¥10.00", "after": "¥12.50"},
            {"label": "备注", "before": "", "after": "周五前送到"},
        ],
    },
]
CHART: View = {
    "xAxis": {"type": "category", "data": ["7月", "8月", "9月", "10月", "11月"]},
    "yAxis": {"type": "value"},
    "legend": {},
    "series": [
        {"name": "销售额", "type": "bar", "data": [120000, 182000, 150000, 230000, 210000]},
        {"name": "毛利", "type": "line", "data": [31000, 45000, 36000, 61000, 52000]},
    ],
}
PIE: View = {
    "legend": {},
    "series": [
        {
            "type": "pie",
            "radius": ["45%", "70%"],
            "data": [{"name": "工具", "value": 40}, {"name": "锁具", "value": 25}, {"name": "紧固件", "value": 35}],
        }
    ],
}
TOTAL: View = {
    "op": "+",
    "args": [{"aggregate": "sum", "rows": {"get": ["lines"]}, "value": {"get": ["amount"]}}, {"get": ["freight"]}],
}
