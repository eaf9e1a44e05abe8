"""Who is on the native network: members and brands, by handle, and the identity that each speaks with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpdesk.channels.port import InboundIdentity
from helpdesk.errors import NotFound
from helpdesk.messaging import native_queries
from helpdesk.messaging.inbound import ensure_identities
from helpdesk.messaging.models import ChannelAccount, Identity
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Brand, Member

NETWORK = "native"
BRAND_PICTURE = "brand"

_BRAND = "brand:"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A member, or a brand that answers here. `picture` is as templates/ui/face.html takes it; "" for initials."""

    external_id: str
    name: str
    handle: str
    bio: str = ""
    picture: str = ""
    account: ChannelAccount | None = None
    """The brand's account on the native network; None for a member."""
    member: Member | None = None

    @property
    def is_brand(self) -> bool:
        return self.account is not None


def person_of(member: Member) -> InboundIdentity:
    """The member as others on the network know them."""
    return InboundIdentity(external_id=f"member:{member.id}", display_name=member.name, handle=member.username)


def join_network(member: Member) -> int:
    """The id of the member's identity, which is made when they have none yet."""
    person = person_of(member)
    return ensure_identities(NETWORK, [person])[person.external_id]


def profile_with(handle: str) -> Profile:
    """Raises NotFound; so does a member who has left, and a brand that does not answer here."""
    word = handle.replace("\x00", "").strip().lower().removeprefix("@")
    if people_queries.is_brand_handle(word):
        found = _brands([people_queries.brand_by_handle(word)])
    else:
        member = people_queries.member_by_username(word)
        found = _members([member] if member is not None and member.is_active else [])
    if not found:
        raise NotFound("nobody has this name")
    return found[0]


def people_like(words: str, *, but: Member) -> Sequence[Profile]:
    """Brands first, then members, whose handle or name is like these words."""
    wanted = " ".join(words.replace("\x00", "").split())[:50].removeprefix("@")
    if not wanted:
        return []
    members = [member for member in people_queries.members_like(wanted) if member.id != but.id]
    return [*_brands(people_queries.brands_like(wanted)), *_members(members)]


def brands_here(*, limit: int = 8) -> Sequence[Profile]:
    """Brands that answer on this network, for somebody who has written to nobody yet."""
    return _brands(people_queries.brands_like("", limit=limit))


def is_brand(identity: Identity) -> bool:
    return identity.external_id.startswith(_BRAND)


def picture_of(identity: Identity) -> str:
    return identity.avatar_url or (BRAND_PICTURE if is_brand(identity) else "")


def _brands(brands: Iterable[Brand]) -> list[Profile]:
    by_id = {brand.id: brand for brand in brands}
    accounts = native_queries.native_accounts(list(by_id))
    identities = native_queries.native_identities([account.external_id for account in accounts.values()])
    return [
        Profile(
            external_id=account.external_id,
            name=brand.name,
            handle=brand.handle,
            bio=brand.bio,
            picture=picture_of(identities[account.external_id]),
            account=account,
        )
        for brand_id, brand in by_id.items()
        if (account := accounts.get(brand_id)) is not None
    ]


def _members(members: Iterable[Member]) -> list[Profile]:
    by_external_id = {f"member:{member.id}": member for member in members}
    identities = native_queries.native_identities(list(by_external_id))
    return [
        Profile(
            external_id=external_id,
            name=member.name,
            handle=member.username,
            bio=member.bio,
            picture=picture_of(identities[external_id]) if external_id in identities else "",
            member=member,
        )
        for external_id, member in by_external_id.items()
    ]
