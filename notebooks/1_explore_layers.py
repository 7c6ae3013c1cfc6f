# Databricks notebook source
# MAGIC %md
# MAGIC # 1 · Explore the layers
# MAGIC
# MAGIC What the stream wrote, layer by layer, and whether it adds up. `bronze` is what Kafka delivered, `silver` what
# MAGIC it means, `gold` what is asked of it by the hour, `ops` the ledger.
# MAGIC
# MAGIC The tables are those that the settings name (`STARLING_PATHS_LAKE`, or `STARLING_PATHS_WORK` for a folder that
# MAGIC `jobs/demo.py` wrote).

# COMMAND ----------

from starling import delta, session
from starling.configuration import load
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.pipeline.accounts import accounts
from starling.reports import layers
from starling.reports.show import show
from starling.silver import posts, rejected

settings = load()
spark = session.get("starling notebook", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Does it add up?
# MAGIC
# MAGIC Every record that was read is a post, an observation of engagement, a deletion, a rejected row or a duplicate.

# COMMAND ----------

found = accounts(spark, settings.lake)
for name, rows in found.rows.items():
    print(f"{name:<26}{rows:>10,}")
print("balanced" if found.balanced else found.problems)
show(layers.outcomes(found.ledger), "outcomes", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Silver: the posts
# MAGIC
# MAGIC Only English is scored, because VADER's lexicon is English; `unscored_reason` says why another post is not.

# COMMAND ----------

silver_posts = delta.read(spark, posts.TABLE, settings.lake)
silver_posts.select("created_at", "lang", "hashtags", "sentiment", "compound", "unscored_reason").show(5)
show(layers.languages(silver_posts), "languages", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Silver: what was rejected, and why

# COMMAND ----------

delta.read(spark, rejected.TABLE, settings.lake).groupBy("reason").count().orderBy("reason").show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Gold: sentiment
# MAGIC
# MAGIC VADER calls nearly half of the texts positive that people find neutral. The corrected share solves for what
# MAGIC people would find, from its mistakes on 4,200 tweets that people rated; the band is its 95 % interval.

# COMMAND ----------

show(layers.sentiment(delta.read(spark, sentiment_by_hour.TABLE, settings.lake)), "sentiment", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Gold: hashtags

# COMMAND ----------

show(layers.hashtags(delta.read(spark, hashtag_trends.TABLE, settings.lake)), "hashtags", settings)
