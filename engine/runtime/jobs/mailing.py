"""Mail out of the outbox: sent by SMTP where a server is configured, else given up visibly. Writes no texts."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol

from sqlalchemy.engine import make_url

from engine.runtime.jobs.kinds import Hopeless

SETTING = "FORMWORK_MAIL"                      # smtp://user:password@host:25 or smtps://…
SENDER = "FORMWORK_MAIL_FROM"
SECONDS = 20
HERE = ("localhost", "127.0.0.1", "::1")
RESET_SUBJECT = {"zh": "重设密码", "en": "A new password"}
RESET = {
    "zh": "有人（可能是您）申请重设密码。请在 30 分钟内打开此链接设置新密码：\n\n{url}\n\n"
          "如果不是您本人，请忽略此邮件。",
    "en": "Somebody, probably you, asked for a new password. Open this link within 30 minutes to set one:\n\n{url}\n\n"
          "If it was not you, do nothing.",
}


INVITED_SUBJECT = {"zh": "您的账号已开通", "en": "Your account is ready"}
INVITED = {
    "zh": "已为您开通账号 {login}。请在 30 分钟内打开此链接设置密码：\n\n{url}\n\n"
          "链接失效后，可在登录页点“忘记密码”重新获取。",
    "en": "There is an account for you: {login}. Open this link within 30 minutes to set your password:\n\n{url}\n\n"
          "Later, ask for another link at the page of signing in (Forgot the password).",
}


class Mailer(Protocol):
    """What delivers one message."""

    def __call__(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server by its address."""

    address: str

    def __call__(self, message: EmailMessage) -> None:
        """Over TLS with a certificate that holds, as far as a password goes along: none travels in the clear but to
        this machine. Raises `Hopeless` where the server does not offer that."""
        url = make_url(self.address)
        host, trusted = url.host or "localhost", ssl.create_default_context()
        if url.drivername == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(host, url.port or 25, timeout=SECONDS)
        with server:
            if url.username and url.drivername != "smtps" and host not in HERE:
                _encrypted(server, trusted)
            if url.username:
                server.login(url.username, url.password or "")
            server.send_message(message)


def _encrypted(server: smtplib.SMTP, trusted: ssl.SSLContext) -> None:
    try:
        server.starttls(context=trusted)
    except smtplib.SMTPNotSupportedError as error:
        raise Hopeless(f"the mail server offers no encryption for the password: use smtps:// in {SETTING}") from error


def configured() -> Mailer | None:
    """The server of the settings; None where there is none."""
    address = os.environ.get(SETTING, "")
    return Server(address) if address else None


def send(
    address_of: Callable[[int], tuple[str, str]], mailer: Mailer | None, args: Mapping[str, Any], key: str, *,
    base: str = "", wanted: bool = True,
) -> None:
    """Send one mail: `args` has `user`, `subject` and `text` by language, `path` of what it is about, which is told
    where `base` says under which address people open the site; `key` is the same in every attempt. One that nobody has
    declared (not `wanted`) is let go where it cannot be sent."""
    address, language = address_of(int(args["user"]))
    if not wanted and (mailer is None or not address):
        return
    if mailer is None:
        raise Hopeless(f"mail is not configured: set {SETTING}")
    if not address:
        raise Hopeless("this person has no e-mail address")
    message = EmailMessage()
    message["From"] = os.environ.get(SENDER, "formwork@localhost")
    message["To"] = address
    message["Subject"] = one_line(in_language(args["subject"], language))
    message["Message-ID"] = f"<{key}@formwork>"
    path = args.get("path", "")
    link = f"\n\n{base}{path}" if base and path else ""
    message.set_content(in_language(args["text"], language) + link)
    mailer(message)


def reset(
    address_of: Callable[[int], tuple[str, str]], mailer: Mailer | None, link: Callable[[int, str], str],
    base: str, args: Mapping[str, Any], key: str,
) -> None:
    """Send the letter with which somebody sets a new password; the link is made now and stands in no job."""
    if not base:
        raise Hopeless("letters need the site's address: set FORMWORK_PUBLIC_URL")
    user = int(args["user"])
    url = link(user, base)
    subject, forms = (INVITED_SUBJECT, INVITED) if args.get("invited") else (RESET_SUBJECT, RESET)
    login = str(args.get("login", ""))
    text = {code: form.replace("{url}", url).replace("{login}", login) for code, form in forms.items()}
    send(address_of, mailer, {"user": user, "subject": subject, "text": text}, key)


def in_language(forms: Mapping[str, str], language: str) -> str:
    return forms.get(language) or next(iter(forms.values()), "")


def one_line(text: str) -> str:
    """A header holds no line breaks."""
    return " ".join(text.split())
