# Databricks notebook source
# MAGIC %md
# MAGIC # 3 · Engagement without leaks
# MAGIC
# MAGIC What will a post earn in likes, reposts and replies? First a recipe that many tutorials give, which looks
# MAGIC excellent and is worth nothing, and what the leak check says of it. Then the model of this project, trained on
# MAGIC the same posts, beside its baselines.
# MAGIC
# MAGIC The tables are those that the settings name (`STARLING_PATHS_LAKE`, or `STARLING_PATHS_WORK` for a folder that
# MAGIC `jobs/demo.py` wrote).

# COMMAND ----------

from starling import delta, session
from starling.configuration import load
from starling.models import engagement
from starling.models.trained import Corpus
from starling.reports import engagement_scores, leaky_recipe
from starling.reports.show import show
from starling.silver import engagement as observations
from starling.silver import posts

settings = load()
spark = session.get("starling notebook", settings)
corpus = Corpus(
    posts=delta.read(spark, posts.TABLE, settings.lake),
    engagement=delta.read(spark, observations.TABLE, settings.lake),
    versions={},
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The recipe
# MAGIC
# MAGIC Posts and their counts are joined by their author, a key that repeats: each post becomes as many rows as its
# MAGIC author has posts. A random split then puts copies of a row on both sides, and likes are among the features that
# MAGIC predict likes. The error on paper is small. Rebuilt honestly (one row a post, nothing that is not known when
# MAGIC it is sent, other authors and a later time in the test) it is many times larger.

# COMMAND ----------

recipe = leaky_recipe.follow(corpus.posts, corpus.engagement, settings.models.seed)
print("\n".join(recipe.lines()))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The honest model
# MAGIC
# MAGIC Test rows are of authors that no training row has, and later than all of them. Before anything is registered the
# MAGIC leak check looks for outcomes among the inputs, for rows on both sides, for inputs that change when a post's own
# MAGIC counts do, and for skill with labels that were shuffled.

# COMMAND ----------

trained = engagement.train(corpus, settings, "small", print)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Beside its baselines
# MAGIC
# MAGIC On the same held-out posts. A lead is by how much the model's squared error is smaller, with an interval from
# MAGIC draws of whole authors; a model is promoted only if all of these lie above zero.

# COMMAND ----------

print("\n".join(engagement_scores.beside_baselines(trained)))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What it looks like

# COMMAND ----------

for name, figure in trained.figures.items():
    show(figure(), f"engagement_{name}", settings)
