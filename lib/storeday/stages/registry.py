"""All stages in their order, and the groups they form."""

from collections.abc import Sequence

from storeday.stages import (
    associate,
    calibrate,
    decode,
    identify,
    index,
    infer,
    parse,
    publish,
    score,
    scout,
    track,
)
from storeday.stages.stage import GROUPS, Stage

STAGES: tuple[Stage, ...] = (
    index.STAGE,
    parse.STAGE,
    score.STAGE,
    scout.STAGE,
    decode.STAGE,
    infer.STAGE,
    track.STAGE,
    identify.STAGE,
    calibrate.STAGE,
    associate.STAGE,
    publish.STAGE,
)


def select_stages(names: Sequence[str] = (), from_stage: str = "") -> list[Stage]:
    """The stages that names ask for, in the order in which they run.

    Args:
        names: Stages or groups; none for all.
        from_stage: Leave out the stages before this one; empty to leave out none.

    Raises:
        ValueError: A name is neither a stage nor a group.
    """
    known = [stage.name for stage in STAGES]
    for name in [*names, *([from_stage] if from_stage else [])]:
        groups = () if name == from_stage else GROUPS
        if name not in known and name not in groups:
            raise ValueError(
                f"no stage {name!r}; stages are {', '.join(known)}; groups are {', '.join(GROUPS)}"
            )
    chosen = [stage for stage in STAGES if not names or stage.name in names or stage.group in names]
    if from_stage:
        first = known.index(from_stage)
        chosen = [stage for stage in chosen if known.index(stage.name) >= first]
    return chosen
