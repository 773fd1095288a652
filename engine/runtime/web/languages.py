"""Which language a visitor reads: choice before cookie before browser. Knows no page and no service."""

from __future__ import annotations

from collections.abc import Iterable

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {"zh": "zh_Hans", "en": "en"}  # of Babel and of the catalogues
TAGS = {"zh": "zh-Hans", "en": "en"}  # of the `lang` attribute
COOKIE = "language"
FALLBACK = "en"


def negotiate(chosen: str | None, cookie: str | None, accepted: Iterable[str]) -> str:
    """The first language that we speak among the person's choice, the cookie and the browser's list (best first); '' if
    there is none.

    Any tag that starts with `zh` is Chinese: `zh-Hans-CN` and `zh-SG` too, which the usual matchers miss."""
    for tag in (chosen, cookie, *accepted):
        code = (tag or "").replace("_", "-").split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ""
