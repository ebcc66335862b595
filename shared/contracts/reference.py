"""Write the API reference: `python -m shared.contracts.reference services.x.service:SERVICE …`.

One page per service under `docs/reference/`, made of its OpenAPI document and of the rights that
its routes ask for. Every page of the documentation says for which version it was written, and
when these pages were.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from shared.contracts.generate import app_to_describe, named_service
from shared.dates import civil_date, now
from shared.service import Service

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = DOCS / "reference"
EXAMPLES: Final = FOLDER / "examples.md"
_STAMP = re.compile(r"^\*Acquit [0-9.]+, generated on (\d{4}-\d\d-\d\d)\*$", re.MULTILINE)
_SPACE = re.compile(r"\s+")
_EVERYWHERE = {"/livez", "/readyz", "/metrics"}


def stamp(version: str, on: date) -> str:
    """Return the line that says for which version a page was written, and when."""
    return f"*Acquit {version}, generated on {on.isoformat()}*"


def stamped_on(text: str) -> date | None:
    """Return when a page was generated, if it says so."""
    found = _STAMP.search(text)
    return date.fromisoformat(found[1]) if found else None


def stamped(text: str, line: str) -> str:
    """Return a page with this stamp below its title, in the place of the one it had."""
    if _STAMP.search(text):
        return _STAMP.sub(line, text, count=1)
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{line}\n{rest}"


def page(service: Service, on: date, examples: str) -> str:
    """Return the reference of a service's API."""
    app = app_to_describe(service)
    document = app.openapi()
    rights = {
        (method.lower(), route.path): [*_rights(getattr(route, "dependant", None))]
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }
    operations = list(_operations(document))
    common = set.intersection(*(set(_problems(o)) for _, path, o in operations if "{" in path))
    shown = "\n".join(
        _operation(method, path, operation, rights[method, path], common, examples)
        for method, path, operation in operations
    )
    schemas = document["components"]["schemas"]
    shapes = "\n".join(_shape(name, schemas[name]) for name in sorted(schemas))
    said = sorted({item for _, _, o in operations for item in _problems(o).items()})
    sentences = "".join(f"| `{code}` | {' | '.join(says)} |\n" for code, says in said)
    return f"""\
# API of {service.name}

{stamp(document["info"]["version"], on)}

{service.title} How to use the APIs is in [api.md](../api.md), worked examples are in
[examples.md](examples.md). Any of its
endpoints may answer {_codes(common)}; the last table says what each problem means.

## Endpoints

{shown}
## Shapes

{shapes}
## Problems

| problem | status | says | tells people |
|---|---|---|---|
{sentences}"""


def _rights(dependant: Dependant | None) -> Iterator[str]:
    if dependant is None:
        return
    if right := getattr(dependant.call, "right", None):
        yield right
    for inner in dependant.dependencies:
        yield from _rights(inner)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        if path not in _EVERYWHERE:
            for method, operation in methods.items():
                yield method, path, operation


def _operation(
    method: str, path: str, operation: Any, rights: list[str], common: set[str], examples: str
) -> str:
    title = operation["summary"]
    asked = " ".join(f"`{right}`" for right in rights) or "any valid token"
    lines = [f"### {title}", "", f"`{method.upper()} {path}`, right: {asked}", ""]
    lines += [operation["description"], ""]
    if f"\n## {title}\n" in examples:
        lines += [f"[Example](examples.md#{anchor(title)})", ""]
    lines += _parameters(operation.get("parameters", []))
    if body := operation.get("requestBody"):
        lines += [f"Body: {_content(body['content'])}", ""]
    answers = [
        f"{status} {_content(answer.get('content', {}))}"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    lines += [f"Answers: {'; '.join(answers)}", ""]
    if own := [code for code in _problems(operation) if code not in common]:
        lines += [f"Problems: {_codes(own)}", ""]
    return "\n".join(lines)


def _parameters(parameters: list[Any]) -> list[str]:
    own = [p for p in parameters if p["name"] != "ledger"]
    if not own:
        return []
    rows = [
        f"| `{p['name']}` | {p['in']}{'' if p['required'] else ', optional'} "
        f"| {_kind(p['schema'])} | {_cell(p.get('description', ''))} |"
        for p in own
    ]
    return ["| parameter | in | value | |", "|---|---|---|---|", *rows, ""]


def _problems(operation: Any) -> dict[str, tuple[str, str, str]]:
    """Return the problems an endpoint may answer: status, title and message by code."""
    return {
        code: (status, *(_cell(example["value"][said]) for said in ("title", "message")))
        for status, answer in operation["responses"].items()
        for code, example in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
        .items()
    }


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes))


def _content(content: Mapping[str, Any]) -> str:
    kinds = [
        _kind(said["schema"]) if media == "application/json" else f"`{media}`"
        for media, said in content.items()
    ]
    return " or ".join(kinds) or "nothing"


def _shape(name: str, schema: Any) -> str:
    lines = [f"### {name}", "", schema.get("description", ""), ""]
    required = schema.get("required", [])
    if fields := schema.get("properties"):
        lines += ["| field | value | |", "|---|---|---|"]
        lines += [_field(key, field, key in required) for key, field in fields.items()]
        lines.append("")
    return "\n".join(lines)


def _field(name: str, field: Any, required: bool) -> str:  # noqa: FBT001 - one call, above
    default = field.get("default")
    left_out = "" if required or default is None else f", `{default}` if left out"
    optional = "" if required or default is not None else ", optional"
    return (
        f"| `{name}` | {_kind(field)}{optional}{left_out} | {_cell(field.get('description', ''))} |"
    )


def _kind(schema: Any) -> str:
    """Say which values a schema takes, with links to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_kind(choice) for choice in choices)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        items = schema.get("items") or {"anyOf": schema.get("prefixItems", [])}
        return f"list of {_kind(items)}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _cell(text: str) -> str:
    return _SPACE.sub(" ", text).replace("|", "\\|")


def anchor(title: str) -> str:
    """Return the anchor that Markdown gives to a title."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def stamped_pages() -> list[Path]:
    """Return the pages written by hand that bear a stamp: all but decisions, which are dated."""
    return [*sorted(DOCS.glob("*.md")), EXAMPLES]


def main(names: list[str]) -> int:
    """Write the reference of these services, and stamp every page with version and day."""
    on = civil_date(now())
    services = [named_service(name) for name in names]
    version = app_to_describe(services[0]).version
    for service in services:
        text = page(service, on, EXAMPLES.read_text("utf-8"))
        (FOLDER / f"{service.name}.md").write_text(text, "utf-8")
    for path in stamped_pages():
        path.write_text(stamped(path.read_text("utf-8"), stamp(version, on)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
