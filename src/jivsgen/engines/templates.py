"""The templates: they print and do not decide. Strict about names, free of computed values, quoted by their target."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from jivsgen.engines import quoting
from jivsgen.installation import templates_folder


def _bytecode() -> BytecodeCache | None:
    """Compiled templates, kept in a folder of the user's own among the temporary files (Jinja sees to its owner and mode);
    where there can be none, templates are compiled every time."""
    try:
        return FileSystemBytecodeCache()
    except (OSError, RuntimeError):
        return None


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - JavaScript and YAML have quoting filters of their own, XML too
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_bytecode(),
    )
    environment.filters.update(
        js=quoting.js, js_key=quoting.js_key, xml=quoting.xml, xml_line=quoting.xml_line,
        xml_attribute=quoting.xml_attribute, yaml=quoting.yaml,
        comment=quoting.comment,
    )  # fmt: skip
    return environment


def render(template: str, view: Any) -> str:
    """The text of `template` (a path below the template folder) for a view, which it sees as `view`."""
    return _environment().get_template(template).render(view=view)
