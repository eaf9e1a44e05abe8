"""The canned replies that a brand's staff shares: written by its leads and managers."""

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk.errors import Conflict, InvalidInput, NotFound
from helpdesk.people import staff_queries
from helpdesk.people.models import Brand
from helpdesk.tickets import canned_replies
from helpdesk.tickets.canned_reply_queries import find_shared_canned_reply, shared_canned_replies
from helpdesk.tickets.models import CannedReply
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, numbers, typed, words_beside
from helpdesk.views.admin.frame import page


@blueprint.get("/canned-replies")
@open_to(Audience.LEADS)
def list_canned_replies() -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    of_brand = [(brand, shared_canned_replies(brand.id)) for brand in brands]
    return page("canned_replies.html", "canned-replies", of_brand=of_brand)


@blueprint.get("/canned-replies/new")
@open_to(Audience.LEADS)
def new_canned_reply() -> ResponseReturnValue:
    brand_id = request.args.get("brand", 0, type=int)
    return _page(_kept_brand(brand_id), None, {}, {})


@blueprint.post("/canned-replies")
@open_to(Audience.LEADS)
def create_canned_reply() -> ResponseReturnValue:
    brand = _kept_brand(next(iter(numbers("brand")), 0))
    try:
        with transaction():
            reply = canned_replies.add_canned_reply(
                brand_id=brand.id, shortcut=typed("shortcut"), title=typed("title"), body=typed("body"), owner=None
            )
    except (InvalidInput, Conflict) as error:
        return _refused(brand, None, error)
    flash(f"/{reply.shortcut} is added.")
    return redirect(url_for("admin.list_canned_replies"))


@blueprint.get("/canned-replies/<int:reply_id>")
@open_to(Audience.LEADS)
def show_canned_reply(reply_id: int) -> ResponseReturnValue:
    reply = find_shared_canned_reply(reply_id, current_standing())
    return _page(_kept_brand(reply.brand_id), reply, {}, {})


@blueprint.post("/canned-replies/<int:reply_id>")
@open_to(Audience.LEADS)
def change_canned_reply(reply_id: int) -> ResponseReturnValue:
    reply = find_shared_canned_reply(reply_id, current_standing())
    try:
        with transaction():
            canned_replies.change_canned_reply(
                reply, shortcut=typed("shortcut"), title=typed("title"), body=typed("body")
            )
    except (InvalidInput, Conflict) as error:
        return _refused(_kept_brand(reply.brand_id), reply, error)
    flash(f"/{reply.shortcut} is changed.")
    return redirect(url_for("admin.list_canned_replies"))


@blueprint.post("/canned-replies/<int:reply_id>/deletion")
@open_to(Audience.LEADS)
def delete_canned_reply(reply_id: int) -> ResponseReturnValue:
    reply = find_shared_canned_reply(reply_id, current_standing())
    shortcut = reply.shortcut
    with transaction():
        canned_replies.remove_canned_reply(reply)
    flash(f"/{shortcut} is deleted.")
    return redirect(url_for("admin.list_canned_replies"))


def _kept_brand(brand_id: int) -> Brand:
    """Raises NotFound for a brand whose canned replies are not this person's to keep."""
    if not current_standing().keeps_canned_replies_of(brand_id):
        raise NotFound("no such brand")
    return staff_queries.find_brand(brand_id, current_standing())


def _refused(brand: Brand, reply: CannedReply | None, error: InvalidInput | Conflict) -> ResponseReturnValue:
    said = given("shortcut", "title", "body")
    return _page(brand, reply, said, words_beside(error, otherwise="shortcut"), 422)


def _page(
    brand: Brand, reply: CannedReply | None, said: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    return page(
        "canned_reply.html",
        "canned-replies",
        status,
        brand=brand,
        reply=reply,
        given=said,
        errors=errors,
        variables=canned_replies.VARIABLES,
    )
