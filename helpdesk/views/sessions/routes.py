"""Coming in and going out, for both kinds of people."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField

from config import Settings
from helpdesk import clock
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.extensions import limiter
from helpdesk.people import members, queries, signing_in, staff
from helpdesk.people.models import Agent, Member
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to

blueprint = Blueprint("sessions", __name__)


def _typed(words: str | None) -> str:
    """What was typed; the database has no place for the character that ends a C string."""
    return (words or "").replace("\x00", "")


class SignInForm(FlaskForm):
    name = StringField(filters=[_typed])
    password = PasswordField(filters=[_typed])
    stay = BooleanField()


class SignUpForm(FlaskForm):
    username = StringField(filters=[_typed])
    name = StringField(filters=[_typed])
    password = PasswordField(filters=[_typed])


class NewPasswordForm(FlaskForm):
    password = PasswordField()


@blueprint.get("/")
@open_to(Audience.EVERYONE)
def home() -> ResponseReturnValue:
    """Where somebody belongs who asks for nothing in particular."""
    person = current_user._get_current_object()
    if isinstance(person, Agent):
        return redirect(url_for("console.index"))
    return redirect(url_for("messenger.inbox" if isinstance(person, Member) else "sessions.sign_in_member"))


def _is_demo() -> bool:
    """In a demo the crowd signs up and in from this very machine."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.demo


# Failures only: a whole office signs in from one address in the morning.
_limit_guesses = limiter.limit(
    "20 per minute", deduct_when=lambda response: response.status_code == 422, exempt_when=_is_demo
)


@blueprint.get("/sign-in/staff")
@open_to(Audience.EVERYONE)
def sign_in() -> ResponseReturnValue:
    return _sign_in_page(SignInForm(), "staff")


@blueprint.post("/sign-in/staff")
@open_to(Audience.EVERYONE)
@_limit_guesses
def create_agent_session() -> ResponseReturnValue:
    form = SignInForm()
    agent = signing_in.agent_with(form.name.data or "", form.password.data or "")
    if agent is None:
        return _refused(form, "staff")
    return _enter(agent, default=url_for("console.index"), stays=form.stay.data)


@blueprint.get("/sign-in")
@open_to(Audience.EVERYONE)
def sign_in_member() -> ResponseReturnValue:
    return _sign_in_page(SignInForm(), "member")


@blueprint.post("/sign-in")
@open_to(Audience.EVERYONE)
@_limit_guesses
def create_member_session() -> ResponseReturnValue:
    form = SignInForm()
    member = signing_in.member_with(form.name.data or "", form.password.data or "")
    if member is None:
        return _refused(form, "member")
    return _enter(member, default=url_for("messenger.inbox"), stays=form.stay.data)


@blueprint.get("/sign-up")
@open_to(Audience.EVERYONE)
def sign_up() -> ResponseReturnValue:
    return _sign_up_page(SignUpForm())


@blueprint.post("/sign-up")
@open_to(Audience.EVERYONE)
@limiter.limit("20 per hour", deduct_when=lambda response: response.status_code < 400, exempt_when=_is_demo)
def create_member() -> ResponseReturnValue:
    form = SignUpForm()
    try:
        with transaction():
            member = members.sign_up(
                username=form.username.data or "", name=form.name.data or "", password=form.password.data or ""
            )
    except (InvalidInput, Conflict) as error:
        field = getattr(form, getattr(error, "field", "username") or "username")
        field.errors = [str(error)]
        return _sign_up_page(form), 422
    return _enter(member, default=url_for("messenger.inbox"))


@blueprint.get("/invitations/<secret>")
@open_to(Audience.EVERYONE)
def show_invitation(secret: str) -> ResponseReturnValue:
    agent = staff.invited(secret, at=clock.now())
    return render_template("sessions/invitation.html", form=NewPasswordForm(), agent=agent)


@blueprint.post("/invitations/<secret>")
@open_to(Audience.EVERYONE)
@limiter.limit("20 per hour")
def accept_invitation(secret: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    at = clock.now()
    try:
        with transaction():
            agent = staff.accept_invitation(secret, password=form.password.data or "", at=at)
    except InvalidInput as error:
        form.password.errors = [str(error)]
        return render_template("sessions/invitation.html", form=form, agent=staff.invited(secret, at=at)), 422
    return _enter(agent, default=url_for("console.index"))


@blueprint.get("/account")
@open_to(Audience.AGENTS)
def show_account() -> ResponseReturnValue:
    """Who one is here, and the way out."""
    teams = queries.teams(current_standing().own_team_ids)
    return render_template("sessions/account.html", agent=current_agent(), teams=teams)


@blueprint.post("/sign-out")
@open_to(Audience.EVERYONE)
def sign_out() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("sessions.home"))


def _sign_in_page(form: SignInForm, kind: str) -> str:
    brand = queries.only_brand_name()
    return render_template(
        "sessions/sign_in.html", form=form, kind=kind, brand=brand, next=_local(request.args.get("next"))
    )


def _sign_up_page(form: SignUpForm) -> str:
    return render_template("sessions/sign_up.html", form=form, next=_local(request.args.get("next")))


def _refused(form: SignInForm, kind: str) -> ResponseReturnValue:
    form.password.errors = ["That name and password do not belong together."]
    return _sign_in_page(form, kind), 422


def _enter(person: Agent | Member, *, default: str, stays: bool = False) -> ResponseReturnValue:
    login_user(person, remember=stays)
    return redirect(_local(request.args.get("next")) or default)


def _local(address: str | None) -> str | None:
    """An address of ours to go on to; never another host's."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme else None
