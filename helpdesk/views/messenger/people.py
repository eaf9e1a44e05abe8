"""Finding people and brands, and their profiles."""

from datetime import timedelta

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.messaging import profiles
from helpdesk.tickets.usual_answer_queries import usual_answer
from helpdesk.views.access import Audience, current_member, open_to
from helpdesk.views.messenger.blueprint import blueprint
from helpdesk.views.messenger.frame import around
from helpdesk.views.messenger.inbox import people_rows
from helpdesk.views.rendering import wants_fragment

ENOUGH_ANSWERS = 50
"""With fewer the profile does not say how long an answer takes."""

_LOOKS_BACK = timedelta(days=30)


@blueprint.get("/people")
@open_to(Audience.MEMBERS)
def find_people() -> ResponseReturnValue:
    """Suggestions while somebody types, and the page of them; without words, the brands that answer here."""
    words = request.args.get("q", "")[:100].strip()
    found = profiles.people_like(words, but=current_member()) if words else profiles.brands_here()
    rows = people_rows(found)
    if wants_fragment():
        response = make_response(render_template("messenger/found.html", rows=rows if words else [], words=words))
    else:
        response = make_response(render_template("messenger/people.html", **around("search"), rows=rows, words=words))
    response.vary.add("HX-Request-Type")
    return response


@blueprint.get("/people/<handle>")
@open_to(Audience.MEMBERS)
def show_profile(handle: str) -> ResponseReturnValue:
    profile = profiles.profile_with(handle)
    is_me = profile.member is not None and profile.member.id == current_member().id
    return render_template(
        "messenger/profile.html",
        **around("profile" if is_me else "search"),
        single=True,
        profile=profile,
        is_me=is_me,
        answers_within=_answers_within(profile),
    )


def _answers_within(profile: profiles.Profile) -> float | None:
    """Seconds of opening time within which 9 in 10 answers came, in the last 30 days; None with too few to say."""
    if profile.account is None:
        return None
    usual = usual_answer(profile.account.brand_id, since=clock.now() - _LOOKS_BACK)
    return usual.p90_seconds if usual.answers >= ENOUGH_ANSWERS else None
