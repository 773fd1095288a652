"""Letters: what people wrote goes into headers as text, never as headers; links lead to the site's own address."""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_bytes
from email.message import EmailMessage

import pytest

from engine.runtime.jobs import mailing
from engine.runtime.jobs.kinds import Hopeless

EVIL = "Offer\r\nBcc: thief@example.net\n\nbody"


def sent(address: str, subject: str, path: str = "", base: str = "https://erp.example") -> EmailMessage:
    letters: list[EmailMessage] = []
    args = {"user": 1, "subject": {"en": subject}, "text": {"en": "Text"}, "path": path}
    mailing.send(lambda user: (address, "en"), letters.append, args, "key-1", base=base)
    return letters[0]


def test_a_subject_adds_no_header() -> None:
    read = message_from_bytes(sent("li@example.org", EVIL).as_bytes())
    assert read["Subject"] == "Offer Bcc: thief@example.net body" and read["Bcc"] is None
    assert read.get_all("To") == ["li@example.org"] and "thief" not in read.get_payload()


@pytest.mark.parametrize("address", ["li@example.org\r\nBcc: thief@example.net", "li@example.org\nX-A: b"])
def test_an_address_adds_no_header(address: str) -> None:
    with pytest.raises(ValueError, match="(?i)header values"):
        sent(address, "Offer")


def test_a_link_leads_to_the_address_of_the_site() -> None:
    path = "/apps/shop/records/order/7"
    assert f"https://erp.example{path}" in sent("li@example.org", "x", path).get_content()
    assert "http" not in sent("li@example.org", "x", path, base="").get_content()


class Wire:
    """Stands for an SMTP server and notes what was asked of it, in order."""

    offers = True

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext | None = None) -> None:
        self.told: list[tuple[str, ssl.SSLContext | None]] = [("connect", context)]
        WIRES.append(self)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *what: object) -> None: ...

    def starttls(self, *, context: ssl.SSLContext) -> None:
        if not self.offers:
            raise smtplib.SMTPNotSupportedError("no STARTTLS")
        self.told.append(("starttls", context))

    def login(self, user: str, password: str) -> None:
        self.told.append(("login", None))

    def send_message(self, message: EmailMessage) -> None:
        self.told.append(("send", None))


WIRES: list[Wire] = []


@pytest.mark.parametrize(("address", "asked"), [
    ("smtps://u:p@mail.example", ["connect", "login", "send"]),
    ("smtp://u:p@mail.example", ["connect", "starttls", "login", "send"]),
    ("smtp://u:p@localhost", ["connect", "login", "send"]),
    ("smtp://mail.example", ["connect", "send"]),
])
def test_a_password_goes_to_a_server_that_has_shown_who_it_is(
    monkeypatch: pytest.MonkeyPatch, address: str, asked: list[str]
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", Wire)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Wire)
    mailing.Server(address)(EmailMessage())
    told = WIRES[-1].told
    assert [what for what, _ in told] == asked
    secured = "connect" if address.startswith("smtps") else "starttls"
    for context in (context for what, context in told if what == secured):
        assert context is not None and context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


def test_without_encryption_no_password_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib, "SMTP", Wire)
    monkeypatch.setattr(Wire, "offers", False)
    with pytest.raises(Hopeless, match="smtps"):
        mailing.Server("smtp://u:p@mail.example")(EmailMessage())
    assert [what for what, _ in WIRES[-1].told] == ["connect"]
