"""Security headers of every response, set in one place. Knows no page and no service."""

from __future__ import annotations

from flask import Flask, Response, g, request

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# Everything that a page could ask a browser for is off, but the camera (scanning) and the place (visits).
FEATURES_OFF = (
    "accelerometer",
    "autoplay",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(["camera=(self)", "geolocation=(self)", *(f"{name}=()" for name in FEATURES_OFF)])
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}
VARYING = ("Cookie", "HX-Request")
WITHOUT_NONCE = CONTENT_POLICY.format(nonce="")
YEAR_SECONDS = 31_536_000


def install(app: Flask, *, https: bool) -> None:
    """Put the headers on every response; with `https` browsers are also told to stay on it."""

    def protect(response: Response) -> Response:
        nonce = g.get("style_nonce", "")
        policy = CONTENT_POLICY.format(nonce=f" 'nonce-{nonce}'") if nonce else WITHOUT_NONCE
        response.headers.setdefault("Content-Security-Policy", policy)     # what people uploaded has a narrower one
        response.headers.extend(FIXED)         # nobody else sets them
        if g.get("secret_address"):            # whoever has it may act: no log holds it as the page before
            response.headers["Referrer-Policy"] = "strict-origin"  # `no-referrer` makes browsers post as `Origin: null`
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
            if "Vary" in response.headers:
                response.vary.update(VARYING)
            else:
                response.headers.add("Vary", ", ".join(VARYING))
        return response

    app.after_request(protect)
