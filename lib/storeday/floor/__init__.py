"""The floor and the calendar: places in metres, zones, grid cells, store days and hours."""
