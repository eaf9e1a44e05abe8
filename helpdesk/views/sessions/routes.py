"""Coming in and going out, for both kinds of people."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from helpdesk import clock
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.extensions import limiter
from helpdesk.people import members, signing_in, staff
from helpdesk.people.models import Agent, Member
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, open_to

blueprint = Blueprint("sessions", __name__)


class SignInForm(FlaskForm):
    name = StringField()
    password = PasswordField()


class SignUpForm(FlaskForm):
    username = StringField()
    name = StringField()
    password = PasswordField()


class NewPasswordForm(FlaskForm):
    password = PasswordField()


@blueprint.get("/")
@open_to(Audience.EVERYONE)
def home() -> ResponseReturnValue:
    return redirect(url_for("sessions.sign_in_member"))


@blueprint.get("/sign-in/staff")
@open_to(Audience.EVERYONE)
def sign_in() -> ResponseReturnValue:
    return render_template("sessions/sign_in.html", form=SignInForm(), kind="staff")


@blueprint.post("/sign-in/staff")
@open_to(Audience.EVERYONE)
@limiter.limit("20 per minute")
def create_agent_session() -> ResponseReturnValue:
    form = SignInForm()
    agent = signing_in.agent_with(form.name.data or "", form.password.data or "")
    if agent is None:
        return _refused(form, "staff")
    return _enter(agent, default=url_for("console.index"))


@blueprint.get("/sign-in")
@open_to(Audience.EVERYONE)
def sign_in_member() -> ResponseReturnValue:
    return render_template("sessions/sign_in.html", form=SignInForm(), kind="member")


@blueprint.post("/sign-in")
@open_to(Audience.EVERYONE)
@limiter.limit("20 per minute")
def create_member_session() -> ResponseReturnValue:
    form = SignInForm()
    member = signing_in.member_with(form.name.data or "", form.password.data or "")
    if member is None:
        return _refused(form, "member")
    return _enter(member, default=url_for("messenger.inbox"))


@blueprint.get("/sign-up")
@open_to(Audience.EVERYONE)
def sign_up() -> ResponseReturnValue:
    return render_template("sessions/sign_up.html", form=SignUpForm())


@blueprint.post("/sign-up")
@open_to(Audience.EVERYONE)
@limiter.limit("20 per hour", deduct_when=lambda response: response.status_code < 400)
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
        return render_template("sessions/sign_up.html", form=form), 422
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


@blueprint.post("/sign-out")
@open_to(Audience.EVERYONE)
def sign_out() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("sessions.home"))


def _refused(form: SignInForm, kind: str) -> ResponseReturnValue:
    form.password.errors = ["That name and password do not belong together."]
    return render_template("sessions/sign_in.html", form=form, kind=kind), 422


def _enter(person: Agent | Member, *, default: str) -> ResponseReturnValue:
    login_user(person)
    return redirect(_local(request.args.get("next")) or default)


def _local(address: str | None) -> str | None:
    """An address of ours to go on to; never another host's."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme else None
