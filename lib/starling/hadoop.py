"""Small files wherever Hadoop's file systems reach: a local folder, HDFS, an object store."""

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession


class Folder:
    """A folder, by its path or URI, which need not be there."""

    def __init__(self, spark: SparkSession, place: str) -> None:
        jvm = spark.sparkContext._jvm  # the only door to Hadoop's file systems
        assert jvm is not None
        self._jvm: Any = jvm
        self._path_class = self._jvm.org.apache.hadoop.fs.Path  # five questions to the JVM each time
        self.place = place
        self._files = self._path().getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())

    def names(self, below: str = "") -> list[str]:
        """The names in it, or in a folder below; none where there is no such folder."""
        path = self._path(below)
        return [one.getPath().getName() for one in self._files.listStatus(path)] if self._files.exists(path) else []

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return bool(self._files.exists(self._path(name)))

    def text(self, name: str) -> str:
        """What a file says. Raises FileNotFoundError where there is none, OSError where it cannot be read,
        be it for a wrong checksum."""
        try:
            stream = self._files.open(self._path(name))
            try:
                return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
            finally:
                stream.close()
        except Py4JJavaError as error:
            raise _as_os_error(error) from None

    def create(self, name: str, text: str) -> bool:
        """Makes a file; False, and nothing is done, where it is there already."""
        try:
            self._say(name, text, overwrite=False)
        except Py4JJavaError as error:
            if error.java_exception.getClass().getSimpleName() == "FileAlreadyExistsException":
                return False
            raise _as_os_error(error) from None
        return True

    def write(self, name: str, text: str) -> None:
        """Makes a file, or another one in its place. Raises OSError where that cannot be."""
        try:
            self._say(name, text, overwrite=True)
        except Py4JJavaError as error:
            raise _as_os_error(error) from None

    def delete(self, name: str) -> None:
        """Takes a file away, if it is there."""
        self._files.delete(self._path(name), False)

    def _say(self, name: str, text: str, *, overwrite: bool) -> None:
        stream = self._files.create(self._path(name), overwrite)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()

    def _path(self, below: str = "") -> Any:
        return self._path_class(f"{self.place}/{below}" if below else self.place)


def _as_os_error(error: Py4JJavaError) -> OSError:
    thrown = error.java_exception
    name = thrown.getClass().getSimpleName()
    kind = FileNotFoundError if name == "FileNotFoundException" else OSError
    return kind(f"{name}: {thrown.getMessage()}")
