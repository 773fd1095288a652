"""The people of the sample company, with their roles. Knows accounts, no documents."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runtime.services.identity import people
from engine.runtime.services.site import Site

APP = "sales_erp"
PASSWORD = "demo"


@dataclass(frozen=True, slots=True)
class Employee:
    login: str
    name: str
    role: str
    department: str
    position: str
    further: str = ""                          # a department besides, in the same position


EMPLOYEES: tuple[Employee, ...] = (
    Employee("wang", "王强", "sales_manager", "销售部", "销售经理"),
    Employee("li", "李敏", "sales", "销售部", "业务员"),
    Employee("sun", "孙悦", "sales", "销售部", "业务员"),
    Employee("zhao", "赵刚", "warehouse", "仓储部", "仓库主管"),
    Employee("qian", "钱芳", "finance", "财务部", "财务主管"),
    Employee("zhou", "周琳", "purchaser", "采购部", "采购主管", "仓储部"),
    Employee("chen", "陈建国", "director", "总经办", "总经理"),
)
HEADS = {"总经办": "chen", "销售部": "wang", "仓储部": "zhao", "财务部": "qian", "采购部": "zhou"}


def hire(site: Site, password: str = PASSWORD) -> None:
    """Create departments and accounts; everybody has the same password, which only a demonstration may have."""
    people.add_user(site, "admin", "系统管理员", password, admin=True, rules=False)
    people.add_user(site, "analyst", "业务分析师", password, builder=True, rules=False)
    for employee in EMPLOYEES:
        people.add_user(
            site,
            employee.login,
            employee.name,
            password,
            roles={APP: [employee.role]},
            department=employee.department,
            position=employee.position,
            further={employee.further: employee.position} if employee.further else None,
            email=f"{employee.login}@hangzhou-wujin.example",
            rules=False,
        )
    for department, head in HEADS.items():
        people.add_department(site, department, head=head, above="" if department == "总经办" else "总经办")
