"""Letters: what people wrote goes into headers as text, never as headers; links lead to the site's own address."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage

import pytest

from engine.runtime.jobs import mailing

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
