"""The pages: thin handlers over the services and the view models."""

from engine.runtime.web.pages import (
    actions,
    alerts,
    attachments,
    boards,
    forms,
    homes,
    imports,
    notices,
    people,
    periods,
    profiles,
    records,
    registers,
    reports,
    sessions,
    tasks,
)

BLUEPRINTS = (
    sessions.BLUEPRINT,
    homes.BLUEPRINT,
    imports.BLUEPRINT,
    records.BLUEPRINT,
    forms.BLUEPRINT,
    attachments.BLUEPRINT,
    actions.BLUEPRINT,
    tasks.BLUEPRINT,
    boards.BLUEPRINT,
    reports.BLUEPRINT,
    registers.BLUEPRINT,
    periods.BLUEPRINT,
    notices.BLUEPRINT,
    alerts.BLUEPRINT,
    people.BLUEPRINT,
    profiles.BLUEPRINT,
)
