"""Brands: added with first promises; their time zone, reopen time and undo time."""

from collections.abc import Mapping

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.people import staff, staff_queries
from helpdesk.people.models import Brand
from helpdesk.sla.defaults import publish_defaults
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, number, typed, words_beside
from helpdesk.views.admin.frame import page


@blueprint.get("/brands")
@open_to(Audience.ADMINS)
def list_brands() -> ResponseReturnValue:
    return _list_page({}, {})


@blueprint.post("/brands")
@open_to(Audience.ADMINS)
def create_brand() -> ResponseReturnValue:
    try:
        with transaction():
            brand = staff.add_brand(handle=typed("handle"), name=typed("name"), time_zone=typed("time_zone"))
            publish_defaults(brand.id, at=clock.now())
    except (InvalidInput, Conflict) as error:
        return _list_page(given("handle", "name", "time_zone"), words_beside(error, otherwise="handle"), 422)
    flash(f"{brand.name} is added. Give it a team next, then a channel.")
    return redirect(url_for("admin.list_brands"))


@blueprint.get("/brands/<int:brand_id>")
@open_to(Audience.ADMINS)
def show_brand(brand_id: int) -> ResponseReturnValue:
    return _brand_page(staff_queries.find_brand(brand_id, current_standing()), {}, {})


@blueprint.post("/brands/<int:brand_id>")
@open_to(Audience.ADMINS)
def change_brand(brand_id: int) -> ResponseReturnValue:
    brand = staff_queries.find_brand(brand_id, current_standing())
    try:
        with transaction():
            staff.change_brand(
                brand,
                name=typed("name"),
                time_zone=typed("time_zone"),
                reopen_hours=number("reopen_hours"),
                undo_seconds=number("undo_seconds"),
            )
    except InvalidInput as error:
        said = given("name", "time_zone", "reopen_hours", "undo_seconds")
        return _brand_page(brand, said, words_beside(error, otherwise="name"), 422)
    flash(f"{brand.name} is changed.")
    return redirect(url_for("admin.list_brands"))


def _list_page(said: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    return page("brands.html", "brands", status, brands=brands, given=said, errors=errors)


def _brand_page(
    brand: Brand, said: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    return page("brand.html", "brands", status, brand=brand, given=said, errors=errors)
