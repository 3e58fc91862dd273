"""Which pictures of people are worth a label: those in which limbs move, and goods were moved.

Handling goods is rare: of pictures drawn at random few show it, and a person who labels them tires.
"""

from storeday.labelling.limb_motion import limb_motion
from storeday.labelling.mining import Chosen, MiningSettings, choose

__all__ = ["Chosen", "MiningSettings", "choose", "limb_motion"]
