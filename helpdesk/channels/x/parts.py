"""What one DM says, as ordered parts: its text, then its one attachment, then the quick reply it answers."""

import mimetypes
import posixpath
import re
from urllib.parse import urlsplit

from msgspec import Raw

from helpdesk.channels.port import InboundPart, PartKind
from helpdesk.channels.x.payloads import (
    Attachment,
    Entities,
    Location,
    Media,
    MessageData,
    QuickReplyResponse,
    Variant,
    read,
)

_MEDIA_KINDS = {
    "photo": PartKind.IMAGE,
    "video": PartKind.VIDEO,
    "animated_gif": PartKind.VIDEO,
    "audio": PartKind.AUDIO,
}


def parts_of(data: MessageData) -> tuple[InboundPart, ...]:
    """At least one part; what cannot be read is an unsupported part, never an error."""
    attachment = read(data.attachment, Attachment)
    media = read(attachment.media, Media) if attachment and attachment.type == "media" else None
    text = readable_text(data.text, read(data.entities, Entities) or Entities(), media)
    found: list[InboundPart] = []
    if text:
        found.append(InboundPart(kind=PartKind.TEXT, text=text))
    if attachment is not None:
        found.append(_attachment_part(attachment, media))
    elif bytes(data.attachment).strip() != b"null":
        found.append(unsupported_part("attachment"))
    answer = read(data.quick_reply_response, QuickReplyResponse)
    if answer is not None:
        details = {"metadata": clean(answer.metadata)}
        found.append(InboundPart(kind=PartKind.QUICK_REPLY_ANSWER, details=details))
    return tuple(found) or (unsupported_part("empty"),)


def readable_text(text: str, entities: Entities, media: Media | None) -> str:
    """The text as the customer wrote it: unescaped, with whole links, without the link that stands for the medium."""
    text = _unescape(text)
    if media and media.url:
        text = re.sub(rf"\s*{re.escape(media.url)}\s*$", "", text)
    return clean(_with_whole_links(text, entities)).strip()


def _unescape(text: str) -> str:
    """X escapes these three and no others; the ampersand last, or "&amp;lt;" would become "<"."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _with_whole_links(text: str, entities: Entities) -> str:
    whole = {url.url: url.expanded_url for url in entities.urls if url.url and url.expanded_url}
    if not whole:
        return text
    longest_first = sorted(whole, key=len, reverse=True)
    pattern = "|".join(re.escape(link) for link in longest_first)
    return re.sub(rf"(?:{pattern})(?![A-Za-z0-9])", lambda found: whole[found[0]], text)


def _attachment_part(attachment: Attachment, media: Media | None) -> InboundPart:
    if media is not None and media.type:
        return media_part(media)
    if attachment.type == "location":
        return _location_part(attachment.location)
    return unsupported_part(attachment.type)


def media_part(media: Media) -> InboundPart:
    """One of the kinds of media that DMs carry; another kind is unsupported."""
    if media.type not in _MEDIA_KINDS:
        return unsupported_part(media.type)
    best = _best_variant(media)
    source_url = clean(best.url if best else media.media_url_https)
    size = media.sizes.get("large")
    details: dict[str, object] = {"media_id": clean(media.id_str), "type": media.type}
    if size is not None and size.w and size.h:
        details |= {"width": size.w, "height": size.h}
    if media.video_info is not None and media.video_info.duration_millis is not None:
        details["duration_ms"] = media.video_info.duration_millis
    return InboundPart(
        kind=_MEDIA_KINDS[media.type],
        source_url=source_url,
        mime=clean(best.content_type) if best else mime_of(source_url),
        name=name_of(source_url),
        details=details,
    )


def _best_variant(media: Media) -> Variant | None:
    """The MP4 of the highest bit rate, for want of one another file; playlists are no file."""
    variants = media.video_info.variants if media.video_info else []
    files = [variant for variant in variants if variant.url and "mpegurl" not in variant.content_type.lower()]
    return max(files, key=lambda variant: (variant.content_type.lower() == "video/mp4", variant.bitrate), default=None)


def _location_part(raw: Raw) -> InboundPart:
    location = read(raw, Location) or Location()
    if location.shared_coordinate is not None:
        longitude, latitude = location.shared_coordinate.coordinates.coordinates
        return InboundPart(kind=PartKind.LOCATION, details={"latitude": latitude, "longitude": longitude})
    if location.shared_place is not None:
        place = location.shared_place.place
        details = {"place_id": clean(place.id)}
        return InboundPart(kind=PartKind.LOCATION, text=clean(place.full_name or place.name), details=details)
    return unsupported_part("location")


def unsupported_part(what: str) -> InboundPart:
    return InboundPart(kind=PartKind.UNSUPPORTED, details={"type": clean(what)})


def name_of(url: str) -> str:
    """The file name at the end of an address, "" when it has none."""
    return posixpath.basename(_path(url))


def mime_of(url: str) -> str:
    """What the ending of the address promises, "" when it promises nothing."""
    return mimetypes.guess_type(_path(url))[0] or ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def clean(text: str) -> str:
    """Without NUL, which no database text takes."""
    return text.replace("\x00", "")
