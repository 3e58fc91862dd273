"""`storeday demo`: the whole system on a small simulated store-day, and how good it is there."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from storeday.commands.audit import audit_truth, show, write_json, write_table
from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.inference import SHIPPED
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.simulate import SimulatedDay
from storeday.stages.plan import Places

SHOWN = (
    "gold.interactions",
    "gold.heatmap_hourly",
    "gold.zone_hourly",
    "gold.zone_flows",
    "gold.traffic_hourly",
    "gold.coverage",
)


def run_demo(out: Path, seed: int, master: str, console: Console) -> int:
    """Simulates a small store-day, runs the job on it, and shows what came out and how good it is.

    Args:
        out: Folder to write to.
        seed: Seed of all chance.
        master: Spark master.
        console: Where progress and the summary go.

    Returns:
        Exit code of the job.
    """
    made = simulate("demo", seed, out, "footage", None, console)
    places = Places(str(made.inbox), str(made.stores), str(out / "lake"))
    day = StoreDay(made.store_id, made.business_date)
    asked = Request(places, [day.store_id], [day.business_date], models=SHIPPED, master=master)
    code = run_days(asked, console)
    if code == DONE:
        lake = Lake(spark_session("storeday", master), places.lake)
        audited = audit_truth(lake, made.truth, places.stores, [day])
        write_table(audited, lake)
        write_json(audited, out / "audit.json")
        show(audited, console)
        _show(lake, day, made, console)
    return code


def _show(lake: Lake, day: StoreDay, made: SimulatedDay, console: Console) -> None:
    table = Table(title=f"{day}, simulated", title_justify="left")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("place")
    for name in SHOWN:
        count = lake.read(name, [day]).count()
        table.add_row(name, f"{count:,}", lake.path(name))
    console.print(table)
    people = made.world.people
    customers = int((~people.is_staff).sum())
    visits = lake.read("silver.visits", [day]).count()
    console.print(f"Truth: {customers} customers and {int(people.is_staff.sum())} staff came.")
    crossings = lake.read("silver.door_crossings", [day]).where("direction = 'in'").count()
    console.print(f"Found: {crossings} came in at the door, staff among them; {visits} visits.")
    console.print("The models that ship looked at the footage; they know simulated shops only.")
