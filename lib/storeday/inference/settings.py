"""Settings of inference."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InferenceSettings:
    """How models are run and which boxes are kept.

    Attributes:
        providers: `auto` takes the best there is: TensorRT, CUDA, CPU. `tensorrt`, `cuda` or `cpu`
        is
            used or refused, never replaced.
        threads: Threads of a session on the CPU. One, since Spark runs one task per core.
        decode_threads: Threads that decode JPEGs ahead of the session.
        batch: Frames in a call, where the model leaves it open.
        score_threshold: Boxes below are dropped. Keep it at 0.1 or less: ByteTrack (Zhang et al.,
            ECCV 2022) goes on with a track by boxes between 0.1 and its high threshold, such as
            those of people half hidden.
        nms_iou: Of two boxes that overlap more than this, the one with the lower score is dropped;
            0.65 is what YOLOX (Ge et al., 2021) was evaluated with.
    """

    providers: str = "auto"
    threads: int = 1
    decode_threads: int = 2
    batch: int = 8
    score_threshold: float = 0.1
    nms_iou: float = 0.65

    def __post_init__(self) -> None:
        for name in ("threads", "decode_threads", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("score_threshold", "nms_iou"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected between 0 and 1")
        if self.providers not in ("auto", "tensorrt", "cuda", "cpu"):
            raise ValueError(
                f"providers is {self.providers!r}; expected auto, tensorrt, cuda or cpu"
            )
