"""From handling scores, or standing still at a display, to moments of handling."""

from storeday.actions.events import action_events
from storeday.actions.settings import ActionSettings
from storeday.actions.still import speed_m_s
from storeday.actions.traces import handling_trace

__all__ = ["ActionSettings", "action_events", "handling_trace", "speed_m_s"]
