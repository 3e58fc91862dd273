"""How many tills keep a wait short: Erlang's waiting formula (Erlang 1917), M/M/c."""


def erlang_c(load: float, servers: int) -> float:
    """Probability that somebody who comes has to wait.

    Args:
        load: Arrivals in a mean service time, 0 or more.
        servers: Number of tills.

    Returns:
        Between 0 and 1; 1 where the tills cannot keep up (load >= servers).

    Example:
        >>> round(erlang_c(2.0, 3), 4)
        0.4444
    """
    if load >= servers:
        return 1.0
    # Erlang's loss formula by its recursion, which neither overflows nor loses digits.
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - (load / servers) * (1 - blocked))


def mean_wait_s(per_hour: float, service_s: float, servers: int) -> float:
    """Mean wait of all who come, s; infinite where the tills cannot keep up."""
    load = per_hour * service_s / 3600
    if load >= servers:
        return float("inf")
    return erlang_c(load, servers) * service_s / (servers - load)


def lanes_needed(per_hour: float, service_s: float, target_s: float) -> int:
    """Fewest tills whose mean wait is within a target.

    Args:
        per_hour: Arrivals.
        service_s: Mean service time, above 0.
        target_s: Mean wait that is aimed at, above 0.

    Returns:
        0 where nobody comes.

    Example:
        >>> lanes_needed(60.0, 90.0, 180.0), lanes_needed(0.0, 90.0, 180.0)
        (2, 0)
    """
    if per_hour <= 0:
        return 0
    servers = 1
    while mean_wait_s(per_hour, service_s, servers) > target_s:
        servers += 1
    return servers
