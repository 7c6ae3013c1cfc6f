"""`./spark-submit.sh` with a real job on the real Spark."""

import json
import os
import subprocess

import pytest

from bootstrap.layout import CHECKOUT

JOB = """
import json, os, sys
import starling
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.range(7).write.format("delta").save(sys.argv[1])
seen = {
    "rows": spark.read.format("delta").load(sys.argv[1]).count(),
    "arguments": sys.argv[2:],
    "python": sys.executable,
    "sources": starling.__file__,
    "master": spark.conf.get("spark.master"),
    "mine": spark.conf.get("spark.mine"),
    "zone": spark.conf.get("spark.sql.session.timeZone"),
    "home": os.environ["STARLING_HOME"],
    "brokers": sorted(os.listdir(os.environ["STARLING_JARS"])),
}
print(json.dumps(seen))
spark.stop()
sys.exit(3)
"""


@pytest.mark.slow
def test_a_job_runs_with_our_jars_sources_and_settings_and_its_exit_code_is_the_scripts(tmp_path):
    (tmp_path / "my job.py").write_text(JOB)
    (tmp_path / "mine.conf").write_text("spark.master local[1]\nspark.mine from the file\n")
    options = ["--properties-file", str(tmp_path / "mine.conf"), "--master", "local[2,3]"]
    done = subprocess.run(
        [str(CHECKOUT / "spark-submit.sh"), *options, "my job.py", "table", "--flag", "two words"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stderr
    seen = json.loads(done.stdout)
    assert seen["rows"] == 7
    assert seen["arguments"] == ["--flag", "two words"]
    assert seen["master"] == "local[2,3]"
    assert seen["mine"] == "from the file"
    assert seen["zone"] == "UTC"
    assert seen["home"] == str(CHECKOUT)
    assert "/starling/starling-" in seen["sources"]
    assert seen["brokers"] == ["broker", "spark", "stamp"]
