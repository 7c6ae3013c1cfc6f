# Databricks notebook source
# MAGIC %md
# MAGIC # 4 · Compare models in MLflow
# MAGIC
# MAGIC Every training is a run in MLflow: its parameters, metrics, pictures, the versions of the Delta tables that it
# MAGIC read, its seed and its git commit. Its model becomes a version in the registry, the `challenger`; a version
# MAGIC becomes `champion`, and scores the stream, only through a gate.
# MAGIC
# MAGIC The tables and the registry are those that the settings name (`STARLING_PATHS_WORK` for a folder that
# MAGIC `jobs/demo.py` wrote, `STARLING_MODELS_TRACKING_URI` for an MLflow server).

# COMMAND ----------

from starling import delta, session
from starling.configuration import load
from starling.models.registry import Registry
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS
from starling.models.ui import how_to_compare
from starling.ops import promotions
from starling.reports import runs
from starling.reports.show import show

settings = load()
spark = session.get("starling notebook", settings)
registry = Registry(settings, spark)

# COMMAND ----------

# MAGIC %md
# MAGIC ## MLflow's own pages
# MAGIC
# MAGIC There, runs of one experiment are compared by ticking them: metrics, parameters and pictures side by side.

# COMMAND ----------

print("\n".join(how_to_compare(settings)))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Engagement: which version is better, and by how much?
# MAGIC
# MAGIC A lead is a difference on the same held-out posts, of authors and of a time that no training row is of. An
# MAGIC interval that touches zero is no lead.

# COMMAND ----------

engagement = runs.versions(registry, ENGAGEMENT)
print(runs.metrics(engagement).round(3).to_string())
show(runs.leads(engagement), "engagement_leads", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Which data, seed and code is each version from?
# MAGIC
# MAGIC The same seed on the same table versions gives the same model.

# COMMAND ----------

print(runs.tables(engagement).to_string())

# COMMAND ----------

# MAGIC %md
# MAGIC ## A picture that a run keeps

# COMMAND ----------

show(runs.picture(registry, engagement[-1].facts.run_id, "predicted_against_true"), "kept_in_the_run", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Topics and words: are the clusters coherent?
# MAGIC
# MAGIC Coherence is NPMI on held-out posts, beside k-means on raw counts and beside chance.

# COMMAND ----------

topics = runs.versions(registry, TOPICS)
words = runs.versions(registry, WORDS)
show(runs.leads(topics), "topics_leads", settings)
show(runs.leads(words), "words_leads", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who became champion, and why?
# MAGIC
# MAGIC Every decision is logged before it is carried out, refusals too.

# COMMAND ----------

log = delta.read(spark, promotions.TABLE, settings.lake)
for name in (TOPICS, WORDS, ENGAGEMENT):
    print(name)
    print(runs.promotions(promotions.of_model(log, name)).to_string())
