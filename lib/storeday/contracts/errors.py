"""What goes wrong when rows and contract disagree."""


class ContractError(ValueError):
    """Rows break the contract of their table.

    The message names the table, the column or rule, what was expected and what was found.
    """

    def __init__(self, table: str, subject: str, expected: str, found: str) -> None:
        self.table = table
        self.subject = subject
        self.expected = expected
        self.found = found
        super().__init__(f"{table}.{subject}: expected {expected}, found {found}")

    def __reduce__(self) -> tuple[type["ContractError"], tuple[str, str, str, str]]:
        """Keeps the four parts when the error crosses a process border."""
        return type(self), (self.table, self.subject, self.expected, self.found)
