# Databricks notebook source
# MAGIC %md
# MAGIC # 2 · Topics and words
# MAGIC
# MAGIC What the posts are about: hashtags clustered by the words they are used with, words clustered by the posts they
# MAGIC are in, and what became of the topics from one training to the next.
# MAGIC
# MAGIC The tables are as `jobs/train.py` left them, in the lake that the settings name (`STARLING_PATHS_LAKE`, or
# MAGIC `STARLING_PATHS_WORK` for a whole work folder).

# COMMAND ----------

from starling import delta, session
from starling.configuration import load
from starling.gold import topic_lineage, topics, word_clusters
from starling.reports import clusters
from starling.reports.show import show

settings = load()
spark = session.get("starling notebook", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The topics
# MAGIC
# MAGIC A topic is a cluster of hashtags, named by the terms with the most TF-IDF in all that is said with them. Its
# MAGIC number stays the same from training to training for as long as the topic is kept, so that it can be followed.

# COMMAND ----------

newest_topics = clusters.latest(delta.read(spark, topics.TABLE, settings.lake))
newest_topics.select("topic", "label", "posts", "npmi", "hashtags").orderBy("topic").show(24, truncate=60)
show(clusters.topic_clouds(newest_topics, settings.models.seed), "topic_clouds", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## How large are they?
# MAGIC
# MAGIC Every post has the topic that its words are nearest to, whether it has a hashtag or not; copies of a text count
# MAGIC once.

# COMMAND ----------

show(clusters.topic_sizes(newest_topics), "topic_sizes", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## How coherent are they?
# MAGIC
# MAGIC NPMI says how much more often than by chance two of a topic's ten words are in one post. It is measured on posts
# MAGIC that the training did not see: a low one is a topic that few unseen posts speak of, or a heap of several.

# COMMAND ----------

show(clusters.topic_coherence(newest_topics), "topic_coherence", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## What became of the topics?
# MAGIC
# MAGIC Topics of a new training are matched with the champion's by the hashtags they share, each weighing its posts:
# MAGIC kept, born, split off, merged into another, or died.

# COMMAND ----------

history = delta.read(spark, topic_lineage.TABLE, settings.lake)
history.orderBy("model_version", "topic", "previous_topic").show(48)
show(clusters.lineage(history), "topic_lineage", settings)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Words that go together
# MAGIC
# MAGIC Of two kinds of vectors, TF-IDF and Word2Vec, those whose clusters were more coherent. Here every frequent word
# MAGIC is in a cluster, so that some are the rest: their coherence tells.

# COMMAND ----------

newest_clusters = clusters.latest(delta.read(spark, word_clusters.TABLE, settings.lake))
newest_clusters.select("cluster", "label", "npmi", "words").orderBy("cluster").show(24, truncate=60)
show(clusters.word_cluster_clouds(newest_clusters, settings.models.seed), "word_clouds", settings)
show(clusters.word_coherence(newest_clusters), "word_coherence", settings)
