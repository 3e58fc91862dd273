"""Templates, styles and scripts put together into one file that asks for nothing else."""

import json
from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from storeday.report.palette import VIRIDIS

STYLES = ("page.css", "drawings.css", "print.css")
SCRIPTS = ("theme.js", "marks.js", "tables.js", "flows.js", "heat.js")


def render(template: str, context: Mapping[str, object]) -> str:
    """A page.

    Args:
        template: Name of the template.
        context: What it needs; `data` becomes the JSON that scripts read.
    """
    environment = Environment(
        loader=PackageLoader("storeday.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        styles=Markup(_joined(STYLES)),
        scripts=Markup(_joined(SCRIPTS)),
        scale=VIRIDIS,
    )
    data = Markup(embedded(context.get("data", {})))
    return environment.get_template(template).render({**context, "data": data})


def embedded(value: object) -> str:
    r"""A value as JSON that may stand inside a script element.

    Example:
        >>> embedded({"name": "</script>", "n": [1, 2]})
        '{"name":"\\u003c/script>","n":[1,2]}'
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _joined(names: tuple[str, ...]) -> str:
    folder = files("storeday.report") / "static"
    return "\n".join((folder / name).read_text("utf-8") for name in names)
