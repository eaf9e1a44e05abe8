"""What a message must keep to before it is worth a call: the limits that a network's capabilities name."""

from helpdesk.channels.port import Capabilities, FailureClass, OutboundFile, OutboundMessage, SendFailed


def check_limits(message: OutboundMessage, capabilities: Capabilities) -> None:
    """Refuse what the network would refuse. Raises SendFailed (content)."""
    if not message.text.strip() and not message.files:
        raise _refused("empty", "The message is empty")
    if len(message.text) > capabilities.text_max:
        raise _refused("text_too_long", f"The text has {len(message.text)} characters, {capabilities.text_max} go")
    if len(message.files) > capabilities.attachments_max:
        raise _refused("too_many_files", f"{len(message.files)} files are attached, {capabilities.attachments_max} go")
    for attached in message.files:
        _check_file(attached, capabilities)


def _check_file(attached: OutboundFile, capabilities: Capabilities) -> None:
    max_bytes = max_bytes_for(attached.mime, capabilities)
    if max_bytes == 0:
        raise _refused("file_type", f"This network does not carry {attached.mime}")
    if not attached.content:
        raise _refused("empty_file", "An attached file is empty")
    if len(attached.content) > max_bytes:
        raise _refused("file_too_large", f"A file has {len(attached.content)} bytes, {max_bytes} go")


def max_bytes_for(mime: str, capabilities: Capabilities) -> int:
    """The largest file of this type that the network carries; 0 when it carries none."""
    if mime in capabilities.max_bytes_by_type:
        return capabilities.max_bytes_by_type[mime]
    if mime in capabilities.image_types:
        return capabilities.image_max_bytes
    if capabilities.file_types is None or mime in capabilities.file_types:
        return capabilities.file_max_bytes
    return 0


def _refused(code: str, reason: str) -> SendFailed:
    return SendFailed(FailureClass.CONTENT, reason, code=code)
