"""Which GPU a task may use: the one that Spark has given it."""

from pyspark import TaskContext

# Name of the resource in `spark.task.resource.gpu.amount`.
RESOURCE = "gpu"


def device_of_task() -> int:
    """Number of this task's GPU, as the discovery script named it; 0 where Spark gave none.

    Raises:
        ValueError: Spark's address is no number, such as the UUID of a part of a GPU.

    Example:
        >>> device_of_task()
        0
    """
    context = TaskContext.get()
    given = context.resources().get(RESOURCE) if context is not None else None
    if given is None or not given.addresses:
        return 0
    address = given.addresses[0]
    if not address.isdigit():
        raise ValueError(f"the task's GPU is {address!r}; expected a number, as nvidia-smi's index")
    return int(address)
