"""All stages in their order, and the groups they form."""

from collections.abc import Sequence

from storeday.stages import (
    associate,
    calibrate,
    decode,
    decode_infer,
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


# Stages that can run as one, and that one.
FUSED = (decode.STAGE, infer.STAGE)
FUSED_AS = decode_infer.STAGE


def select_stages(
    names: Sequence[str] = (), from_stage: str = "", fused: bool = False
) -> list[Stage]:
    """The stages that names ask for, in the order in which they run.

    Args:
        names: Stages or groups; none for all.
        from_stage: Leave out the stages before this one; empty to leave out none.
        fused: Run decode and infer as one stage that keeps no frames.

    Raises:
        ValueError: A name is neither a stage nor a group, or fused is asked for one of the two
            stages without the other.
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
    return _fused(chosen) if fused else chosen


def _fused(chosen: list[Stage]) -> list[Stage]:
    found = [stage for stage in FUSED if stage in chosen]
    if not found:
        return chosen
    if len(found) < len(FUSED):
        raise ValueError(
            f"--fused runs decode and infer as one stage; only {found[0].name} was asked for"
        )
    kept = [stage for stage in chosen if stage is not FUSED[1]]
    return [FUSED_AS if stage is FUSED[0] else stage for stage in kept]
