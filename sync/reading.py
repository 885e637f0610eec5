"""From bytes to bodies. Unknown fields are seen and flagged, never an obstacle: a newer phone may say more."""

import re
from typing import Any

import msgspec

from schemas.entries import BODIES, Envelope

_STRICT = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}
_ENVELOPE = msgspec.json.Decoder(Envelope)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Unreadable(ValueError):
    """The bytes are no body of their kind; the text says where."""


def envelope_of(raw: bytes) -> Envelope | None:
    """The envelope, or None when the bytes are none."""
    if _holds_nul(raw):
        return None
    try:
        return _ENVELOPE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def body_of(kind: str, raw: bytes) -> tuple[msgspec.Struct, bool]:
    """The body and whether it has fields that this version does not know. Unreadable if it is no such body."""
    decoder = _STRICT.get(kind)
    if decoder is None:
        raise Unreadable(f"unknown kind {kind!r}")
    if _holds_nul(raw):
        raise Unreadable("a text holds the character U+0000")
    try:
        return decoder.decode(raw), False
    except msgspec.ValidationError as error:
        if "unknown field" not in str(error):
            raise Unreadable(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    try:
        known = _without_unknown(msgspec.json.decode(raw), msgspec.inspect.type_info(BODIES[kind]))
        body: msgspec.Struct = msgspec.convert(known, BODIES[kind])
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from error
    return body, True


def _holds_nul(raw: bytes) -> bool:
    """Whether a text of the JSON holds U+0000: nobody writes it, and not every database keeps it."""
    return b"\\u0000" in raw and _NUL.search(raw) is not None


def _without_unknown(value: Any, shape: msgspec.inspect.Type) -> Any:
    """`value` less the object fields that `shape` does not name."""
    if isinstance(shape, msgspec.inspect.UnionType):
        for option in shape.types:
            if _fits(value, option):
                return _without_unknown(value, option)
    elif isinstance(shape, msgspec.inspect.StructType) and isinstance(value, dict):
        shapes = {field.encode_name: field.type for field in shape.fields}
        kept = {name: _without_unknown(item, shapes[name]) for name, item in value.items() if name in shapes}
        if shape.tag_field is not None and shape.tag_field in value:
            kept[shape.tag_field] = value[shape.tag_field]
        return kept
    elif isinstance(shape, msgspec.inspect.ListType) and isinstance(value, list):
        return [_without_unknown(item, shape.item_type) for item in value]
    return value


def _fits(value: Any, option: msgspec.inspect.Type) -> bool:
    if not isinstance(option, msgspec.inspect.StructType):
        return not isinstance(value, dict)
    return isinstance(value, dict) and (option.tag_field is None or value.get(option.tag_field) == option.tag)
