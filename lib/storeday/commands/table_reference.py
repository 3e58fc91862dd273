"""The table reference, rendered from the contracts."""

from storeday.contracts import Column, Contract, load_contract, table_names


def table_reference() -> str:
    """All tables and columns as Markdown, in the order of the layers."""
    return "\n".join(["# Tables", "", *(_table(load_contract(name)) for name in table_names())])


def _table(contract: Contract) -> str:
    lines = [
        f"## {contract.name}",
        "",
        f"{contract.description} {contract.grain}",
        "",
        f"Key: {', '.join(f'`{name}`' for name in contract.key)}. "
        f"Partitioned by {', '.join(f'`{name}`' for name in contract.partition)}.",
        "",
        "| column | type | unit or clock | may be null | meaning |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(column) for column in contract.columns]
    if contract.rules:
        rules = "; ".join(f"`{rule.left} <= {rule.right}`" for rule in contract.rules)
        lines += ["", f"Always: {rules}."]
    return "\n".join([*lines, ""])


def _row(column: Column) -> str:
    null = "" if column.required else "yes"
    values = f" One of: {', '.join(column.valid_values)}." if column.valid_values else ""
    return (
        f"| `{column.name}` | {column.physical_type} | {column.unit} | {null} "
        f"| {column.description}{values} |"
    )
