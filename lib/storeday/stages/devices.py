"""Which GPU Spark gave to a task."""

from pyspark import TaskContext

GPU = "gpu"


def task_gpu() -> int:
    """Number of the GPU that this task may use; the first where Spark hands out none.

    Spark hands them out where `spark.task.resource.gpu.amount` is set; tasks that share one (an
    amount below 1) get the same number.

    Raises:
        ValueError: The worker's discovery script names its GPUs by something else than numbers.
    """
    context = TaskContext.get()
    resources = context.resources() if context is not None else {}
    if GPU not in resources:
        return 0
    address = resources[GPU].addresses[0]
    if not address.isdigit():
        raise ValueError(
            f"Spark gave this task the GPU {address!r}; expected a number, as "
            "deploy/discover_gpus.sh prints"
        )
    return int(address)
