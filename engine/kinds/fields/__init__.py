"""All kinds of fields, built-in and installed, in one dict. Knows no app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from engine.kinds.fields.address import Address
from engine.kinds.fields.autonumber import Autonumber
from engine.kinds.fields.barcode import Barcode
from engine.kinds.fields.base import Field
from engine.kinds.fields.boolean import Truth
from engine.kinds.fields.choice import Choice
from engine.kinds.fields.choices import Choices
from engine.kinds.fields.clock import Clock
from engine.kinds.fields.color import Color
from engine.kinds.fields.currency import Currency
from engine.kinds.fields.date import Day
from engine.kinds.fields.datetime import Moment
from engine.kinds.fields.decimal import Decimals
from engine.kinds.fields.department import Department
from engine.kinds.fields.duration import Length
from engine.kinds.fields.email import Email
from engine.kinds.fields.file import File
from engine.kinds.fields.files import Files
from engine.kinds.fields.image import Image
from engine.kinds.fields.integer import Integer
from engine.kinds.fields.json import Json
from engine.kinds.fields.language import Language
from engine.kinds.fields.lines import Lines
from engine.kinds.fields.link import Link
from engine.kinds.fields.links import Links
from engine.kinds.fields.location import Location
from engine.kinds.fields.long_text import LongText
from engine.kinds.fields.money import Money
from engine.kinds.fields.percent import Percent
from engine.kinds.fields.phone import Phone
from engine.kinds.fields.quantity import Quantity
from engine.kinds.fields.range import Interval
from engine.kinds.fields.rating import Rating
from engine.kinds.fields.rich_text import RichText
from engine.kinds.fields.signature import Signature
from engine.kinds.fields.tags import Tags
from engine.kinds.fields.text import OneLine
from engine.kinds.fields.time import TimeOfDay
from engine.kinds.fields.unit import Unit
from engine.kinds.fields.url import WebAddress
from engine.kinds.fields.user import User
from engine.kinds.fields.users import Users

GROUP = "formwork.fields"
BUILT_IN: tuple[type[Field], ...] = (
    OneLine, LongText, Integer, Decimals, Quantity, Money, Percent, Truth, Day, Moment, TimeOfDay, Choice, Choices,
    Tags, Link, Lines, User, Email, Phone, WebAddress, Address, Autonumber,
    RichText, Length, Interval, Department, Location, Color, Rating, Barcode, Json, Currency, Unit, Language, Links,
    Users, Clock, Image, File, Files, Signature,
)


def register(kinds: dict[str, type[Field]], kind: type[Field]) -> None:
    """Add one kind under its word. Raises ValueError where the word is taken or the class is no kind of field."""
    if not (isinstance(kind, type) and issubclass(kind, Field)):
        raise ValueError(f"{kind!r} is no kind of field: it must be a subclass of Field")
    if kind.kind in kinds:
        raise ValueError(f"{kind.__module__}: the field type {kind.kind!r} is taken by {kinds[kind.kind].__module__}")
    kinds[kind.kind] = kind


def gather(installed: Iterable[EntryPoint]) -> Mapping[str, type[Field]]:
    """The built-in kinds, then those of the installed packages, through the same door."""
    kinds: dict[str, type[Field]] = {}
    for kind in BUILT_IN:
        register(kinds, kind)
    for point in installed:
        register(kinds, point.load())
    return MappingProxyType(kinds)


KINDS: Mapping[str, type[Field]] = gather(entry_points(group=GROUP))
