"""Opening hours: a brand's calendars, published in versions; what the next two weeks look like before they are."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.orm import db
from helpdesk.people import staff_queries
from helpdesk.people.models import Brand
from helpdesk.sla import publishing, queries, words
from helpdesk.sla.calendar import CLOSED, BusinessHours, to_definition
from helpdesk.sla.coming_days import coming_days
from helpdesk.sla.defaults import opening_hours
from helpdesk.sla.models import Calendar
from helpdesk.sla.policies import hours_from
from helpdesk.sla.retargeting import Preview, book_with_hours, preview_calendar
from helpdesk.tickets import repromising
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, numbers, typed, words_beside
from helpdesk.views.admin.frame import page
from helpdesk.views.admin.publishing import (
    LookedAt,
    fingerprint_of,
    is_to_publish,
    looked_at,
    new_name,
    say_published,
)
from helpdesk.views.admin.trying import PERIODS, Tried, chosen_period, is_to_try, tried

_DAYS = tuple(f"day-{number}" for number in range(7))
_FIELDS = ("name", "zone", *_DAYS, "exceptions", "holidays")


@blueprint.get("/opening-hours")
@open_to(Audience.MANAGERS)
def list_opening_hours() -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    calendars = [
        (calendar, version, hours_from(version.definition))
        for calendar, version in queries.calendars_in_force([brand.id for brand in brands])
    ]
    of_brand = [(brand, [known for known in calendars if known[0].brand_id == brand.id]) for brand in brands]
    return page("opening_hours.html", "opening-hours", of_brand=of_brand, week=words.write_week)


@blueprint.get("/opening-hours/new")
@open_to(Audience.MANAGERS)
def new_opening_hours() -> ResponseReturnValue:
    brand = staff_queries.find_brand(request.args.get("brand", 0, type=int), current_standing())
    return _page(brand, None, {"name": ""} | _written(opening_hours(brand.time_zone, ())), {})


@blueprint.post("/opening-hours")
@open_to(Audience.MANAGERS)
def create_opening_hours() -> ResponseReturnValue:
    return _take(staff_queries.find_brand(next(iter(numbers("brand")), 0), current_standing()), None)


@blueprint.get("/opening-hours/<int:calendar_id>")
@open_to(Audience.MANAGERS)
def show_opening_hours(calendar_id: int) -> ResponseReturnValue:
    brand, calendar = _found(calendar_id)
    newest = queries.calendar_versions(calendar.id)[0]
    return _page(brand, calendar, _written(hours_from(newest.definition)), {})


@blueprint.post("/opening-hours/<int:calendar_id>")
@open_to(Audience.MANAGERS)
def change_opening_hours(calendar_id: int) -> ResponseReturnValue:
    return _take(*_found(calendar_id))


def _take(brand: Brand, calendar: Calendar | None) -> ResponseReturnValue:
    """Show what these hours would do, or publish them."""
    said = given(*_FIELDS)
    try:
        name = calendar.name if calendar else new_name({known.name for known in queries.calendars_of_brand(brand.id)})
        hours = _read()
        if is_to_try() and calendar is not None:
            publishing.refuse_unkeepable_hours(brand.id, calendar.id, hours, at=clock.now())
            changed = book_with_hours(brand.id, calendar.id, hours, at=clock.now())
            return _page(brand, calendar, said, {}, shown=hours, tried=tried(brand, changed))
        fingerprint = fingerprint_of({"name": name} | to_definition(hours))
        if not is_to_publish(fingerprint):
            effect = _effect(brand, calendar, hours)
            return _page(brand, calendar, said, {}, shown=hours, look=looked_at(fingerprint, effect))
        with transaction():
            publishing.publish_calendar(brand.id, name, hours, at=clock.now(), by_agent_id=current_agent().id)
    except InvalidInput as error:
        # What concerns the week as a whole, or a promise that counts in it, stands beside its first day.
        beside = words_beside(error, otherwise=_DAYS[0])
        return _page(brand, calendar, said, {f if f in _FIELDS else _DAYS[0]: w for f, w in beside.items()}, 422)
    say_published(brand.id, name)
    return redirect(url_for("admin.list_opening_hours"))


def _found(calendar_id: int) -> tuple[Brand, Calendar]:
    """Raises NotFound for a calendar of a brand that this person does not work for."""
    calendar = db.session.get(Calendar, calendar_id) if calendar_id < 2**63 else None
    if calendar is None:
        raise NotFound("no such hours")
    return staff_queries.find_brand(calendar.brand_id, current_standing()), calendar


def _read() -> BusinessHours:
    """Raises InvalidInput with the field."""
    return BusinessHours(
        zone=typed("zone").strip(),
        weekly=tuple(words.read_day(typed(field), field=field) for field in _DAYS),
        exceptions=words.read_exceptions(typed("exceptions"), field="exceptions"),
        holidays=tuple(code.upper() for code in words.read_list(typed("holidays"))),
    )


def _written(hours: BusinessHours) -> dict[str, str]:
    """The fields of the form."""
    return {
        "zone": hours.zone,
        "exceptions": words.write_exceptions(hours.exceptions),
        "holidays": ", ".join(hours.holidays),
    } | {field: words.write_day(day) if day != CLOSED else "" for field, day in zip(_DAYS, hours.weekly, strict=True)}


def _effect(brand: Brand, calendar: Calendar | None, hours: BusinessHours) -> Preview:
    """Raises InvalidInput for hours that never open, or too seldom for a promise that counts in them."""
    at = clock.now()
    publishing.refuse_unkeepable_hours(brand.id, calendar.id if calendar else None, hours, at=at)
    if calendar is None:
        return Preview(changed=frozenset(), late_then=frozenset(), late_now=frozenset())
    return preview_calendar(brand.id, calendar.id, hours, repromising.open_tickets(brand.id), at=at)


def _page(
    brand: Brand,
    calendar: Calendar | None,
    said: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
    *,
    shown: BusinessHours | None = None,
    look: LookedAt | None = None,
    tried: Tried | None = None,
) -> ResponseReturnValue:
    versions = queries.calendar_versions(calendar.id) if calendar else []
    hours = shown or (hours_from(versions[0].definition) if versions and not errors else None)
    return page(
        "opening_hours_form.html",
        "opening-hours",
        status,
        brand=brand,
        calendar=calendar,
        given=said,
        errors=errors,
        days=list(zip(_DAYS, words.WEEKDAYS, strict=True)),
        zones=sorted(available_timezones()),
        coming=coming_days(hours, at=clock.now()) if hours else [],
        say=words.write_day,
        how_long=words.write_target,
        versions=versions,
        authors=staff_queries.names_of([v.published_by_agent_id for v in versions if v.published_by_agent_id]),
        look=look,
        tried=tried,
        try_days=chosen_period(),
        try_periods=PERIODS,
    )
