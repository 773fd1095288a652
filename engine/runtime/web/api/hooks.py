"""Webhooks in: other systems call, signed. Knows the settings of webhooks and the service that takes deliveries."""

from __future__ import annotations

import hashlib
import logging
import time

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Busy
from engine.runtime.jobs import hooks
from engine.runtime.jobs.hooks import Unset
from engine.runtime.services.automation import hooking
from engine.runtime.storage.actors import SERVICE
from engine.runtime.web import bodies
from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import reading, site
from engine.texts import say

LOG = logging.getLogger(__name__)
BLUEPRINT = Blueprint("api_hooks", __name__)


@route(BLUEPRINT, "/hooks/<app>/<name>", Access.PUBLIC, methods=("POST",))
def receive(app: str, name: str) -> ResponseReturnValue:
    """Take a delivery whose signature fits: 202 with the jobs that it started; once per `webhook-id`."""
    with reading() as connection:
        hooking.named(site().live(connection, app).app, name)
    try:
        keys = hooks.receiving(app, name)
    except Unset as unset:
        LOG.warning("%s", unset)
        raise Busy(UNSET, code="unconfigured") from None
    raw = request.get_data()
    id = hooks.verify(keys, {name.lower(): value for name, value in request.headers}, raw, time.time())
    body = bodies.read_json()
    digest = hashlib.sha256(raw).hexdigest()
    reply = site().run(app, SERVICE, lambda tx: hooking.receive(tx, name, id, digest, body))
    return jsonify(reply), hooking.ACCEPTED


UNSET = say(
    zh="这个 webhook 尚未配置：请管理员在 FORMWORK_HOOKS 指定的文件中填写 receive",
    en="This webhook is not configured yet: an administrator adds `receive` to the file named by FORMWORK_HOOKS",
)
