"""The files of a store-day's lease log (`lake.leases`), written by Delta's own log store."""

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from storeday.lake.leases import Lease, lease_from_json
from storeday.lake.store_day import StoreDay

FOLDER = "_leases"
ALREADY_THERE = "FileAlreadyExistsException"


class LeaseLog:
    """Reads and extends lease logs below a lake.

    Attributes:
        spark: The session.
        root: Hadoop path of the lake.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root
        jvm: Any = spark._jvm
        self._jvm = jvm
        self._conf = spark._jsparkSession.sessionState().newHadoopConf()
        self._store: Any = jvm.org.apache.spark.sql.delta.storage.LogStore.apply(
            spark._jsparkSession
        )

    def latest(self, day: StoreDay) -> tuple[int, Lease | None]:
        """Number and content of the last entry; -1 and None where there is none."""
        while True:
            numbers = self._numbers(day)
            if not numbers:
                return -1, None
            try:
                return numbers[-1], lease_from_json(self._text(self._path(day, numbers[-1])))
            except Py4JJavaError as error:
                # Removed by its writer, who has written a later one: look again.
                if not _is_a(error, "FileNotFoundException", "NoSuchFileException"):
                    raise

    def write(self, day: StoreDay, number: int, lease: Lease) -> bool:
        """Writes an entry where there is none; says whether it was this run that did."""
        folder = self._path(day, number).getParent()
        folder.getFileSystem(self._conf).mkdirs(folder)
        try:
            self._store.write(self._path(day, number), self._lines(lease), False, self._conf)
        except Py4JJavaError as error:
            if _is_a(error, ALREADY_THERE):
                return False
            raise
        self._drop_before(day, number)
        return True

    def _drop_before(self, day: StoreDay, number: int) -> None:
        """Removes older entries; one is kept, so that numbers never start again."""
        for older in self._numbers(day):
            if older < number:
                path = self._path(day, older)
                path.getFileSystem(self._conf).delete(path, False)

    def _numbers(self, day: StoreDay) -> list[int]:
        folder = self._path(day, 0).getParent()
        filesystem = folder.getFileSystem(self._conf)
        if not filesystem.exists(folder):
            return []
        names = (entry.getPath().getName() for entry in filesystem.listStatus(folder))
        stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
        return sorted(int(stem) for stem in stems if stem.isdigit())

    def _text(self, path: Any) -> str:
        lines = self._store.read(path, self._conf)
        return "\n".join(self._jvm.scala.jdk.javaapi.CollectionConverters.asJava(lines))

    def _lines(self, lease: Lease) -> Any:
        lines = self._jvm.java.util.ArrayList()
        lines.add(lease.as_json())
        return self._jvm.scala.jdk.javaapi.CollectionConverters.asScala(lines).iterator()

    def _path(self, day: StoreDay, number: int) -> Any:
        path = f"{self.root}/{FOLDER}/{day.store_id}/{day.business_date}/{number:012d}.json"
        return self._jvm.org.apache.hadoop.fs.Path(path)


def _is_a(error: Py4JJavaError, *names: str) -> bool:
    return str(error.java_exception.getClass().getSimpleName()) in names
