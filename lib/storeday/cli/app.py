"""The application that all verbs hang on."""

import typer

app = typer.Typer(
    help="Turns closed days of a shop into tables: who handled which product, where and when.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
