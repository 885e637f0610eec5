"""Writes the TypeScript twins of the words: `python -m schemas`; with `--check`, fails when they are stale."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from schemas.codes import Flag, Problem, Verdict
from schemas.currency_ts import currency_table_ts
from schemas.documents import DOCUMENTS
from schemas.entries import BODIES, Envelope
from schemas.wire import WIRE

HEADING = "// Written by `make wire` from schemas/. Do not edit.\n"


def type_of(schema: dict[str, Any]) -> str:
    """The TypeScript type of one JSON Schema node, as msgspec writes them."""
    if "$ref" in schema:
        return str(schema["$ref"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(type_of(option) for option in schema[choice]))
    if "enum" in schema:
        return " | ".join(literal(value) for value in schema["enum"])
    if "const" in schema:
        return literal(schema["const"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(type_of({**schema, "type": one}) for one in kind)
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
        inner = type_of(schema.get("items") or {})
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind == "object":
        return f"Record<string, {type_of(schema.get('additionalProperties') or {})}>"
    names = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
    return names.get(str(kind), "unknown")


def literal(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def declaration(name: str, schema: dict[str, Any]) -> str:
    """One exported type: an interface for a struct, an alias for the rest."""
    if schema.get("type") != "object" or "properties" not in schema:
        return f"export type {name} = {type_of(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [f"export interface {name} {{"]
    for field, node in schema["properties"].items():
        # Fields at their default are left out on the wire, so all but the required ones may be absent.
        lines.append(f"  {field}{'' if field in required else '?'}: {type_of(node)};")
    return "\n".join([*lines, "}", ""])


def wire_types() -> str:
    """All wire types as one TypeScript module."""
    _, components = msgspec.json.schema_components((Envelope, *BODIES.values(), *WIRE), ref_template="{name}")
    parts = [HEADING]
    parts += [declaration(name, components[name]) for name in sorted(components)]
    parts.append(mapping("Bodies", {kind: body.__name__ for kind, body in BODIES.items()}))
    parts.append("export type Kind = keyof Bodies;\n")
    pulled = {name: document.__name__ for name, document in DOCUMENTS.items() if document in WIRE}
    parts.append(mapping("Documents", pulled))
    parts.append("export type DocumentType = keyof Documents;\n")
    for name, words in (("VERDICTS", Verdict), ("FLAGS", Flag), ("PROBLEMS", Problem)):
        values = ",\n".join(f"  {literal(word.value)}" for word in words)
        parts.append(f"export const {name} = [\n{values},\n] as const;\n")
        parts.append(f"export type {words.__name__} = (typeof {name})[number];\n")
    return "\n".join(parts)


def mapping(name: str, types: dict[str, str]) -> str:
    rows = "\n".join(f"  {key}: {value};" for key, value in types.items())
    return f"export interface {name} {{\n{rows}\n}}\n"


def main() -> int:
    folder = Path(__file__).parent.parent / "pwa" / "src" / "wire"
    files = {folder / "types.ts": wire_types(), folder / "currencies.ts": currency_table_ts()}
    if "--check" in sys.argv:
        stale = [path.name for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
        if stale:
            print(f"stale wire types: {', '.join(stale)}; run `make wire`", file=sys.stderr)
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
